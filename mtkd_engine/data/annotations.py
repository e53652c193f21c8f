"""From a manifest to rows and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

from mtkd_engine.data.check.findings import find_in_rows, find_repeats
from mtkd_engine.data.check.leakage import find_shared
from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.durations import read_durations
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import Manifest
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.readers import READERS, Intake, Limits
from mtkd_engine.data.rows import Annotations, Row


def read_annotations(
    manifest: Manifest, *, log: ProblemLog, limits: Limits | None = None, progress: Progress | None = None
) -> Annotations:
    """This will read all files of a manifest; what is wrong with single files and rows goes to `log`."""
    limits = limits or Limits()
    needs_durations = manifest.format == "charades_sta"
    durations = read_durations(manifest.durations, limits=limits) if needs_durations else {}
    intake = Intake(limits=limits, durations=durations, log=log)
    for name in manifest.ignored:
        log.add("ignored_files", file=name, detail="no annotations were found in it")
    for number, file in enumerate(manifest.files):
        if progress is not None:
            progress.say("annotations", done=number, of=len(manifest.files))
        READERS[manifest.format](file, intake)
    rows = intake.rows
    if manifest.source_pattern is not None:
        rows = [replace(row, source_id=manifest.source_of(row.video_id)) for row in rows]
    _refuse_nothing(rows, manifest, log)
    find_problems(rows, log)
    return Annotations(rows=rows, problems=log.problems(), format=manifest.format)


def find_problems(rows: list[Row], log: ProblemLog) -> None:
    """This will log everything that rows tell by themselves."""
    find_in_rows(rows, log)
    find_repeats(rows, log)
    find_shared(rows, log)


def _refuse_nothing(rows: list[Row], manifest: Manifest, log: ProblemLog) -> None:
    """Log splits whose files hold no rows, unless all of them wait for their windows."""
    found = {row.split for row in rows}
    problems = {problem.code: problem for problem in log.problems()}
    if not rows and "unreadable_rows" in problems:
        place = problems["unreadable_rows"].places[0]
        raise DataError(
            f"{place.file}: no row can be understood as {manifest.format}; first: {place.detail}."
        )
    unlabelled = problems["unlabelled_rows"].places if "unlabelled_rows" in problems else ()
    waiting = {place.file for place in unlabelled}
    for file in manifest.files:
        if file.split not in found and (file.name not in waiting or not rows):
            split = f"the split {file.split}" if file.split else "the file"
            log.add("empty_split", file=file.name, detail=f"{split} is empty")
