"""A full check of labelled clips, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.problems import ProblemLog, errors, sentence
from mtkd_engine.data.clips.check.findings import find_in_classes, find_in_clips
from mtkd_engine.data.clips.check.looking import look_at_all
from mtkd_engine.data.clips.check.problems import FEWEST_FRAMES, KINDS
from mtkd_engine.data.clips.check.repairs import apply_repairs, known_repairs
from mtkd_engine.data.clips.check.reporting import ClipFindings, report_of
from mtkd_engine.data.clips.dividing import divide_clips, stated_clips
from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.sealing import ClipMaterial, seal_clips
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.errors import DatasetRefusedError
from mtkd_engine.data.images.check.checking import Checking
from mtkd_engine.data.images.rows import ImageRow
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_OF_FILES = ("unreadable_rows", "missing_files", "empty_split")


def check_clips(
    roots: Sequence[Path], *, name: str, asked: Checking, fewest: int = FEWEST_FRAMES
) -> dict[str, Any]:
    """This will make a stream of every clip below `roots`, report on all and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`. Clips of fewer than `fewest` frames are told of. With
    the same `asked.work` another call makes no stream a second time, also where this one is stopped.
    """
    accepted = known_repairs(asked.accept or ())
    handed = replace(find_clips(roots, name=name, form=asked.form), name=name)
    beside = asked.seal.parent if asked.seal is not None and asked.seal.parent.is_dir() else None
    seen, store = look_at_all(handed, work=asked.work, progress=asked.progress, beside=beside)
    log = ProblemLog(KINDS)
    for one in handed.found:
        log.add(one.code, file=one.file, row=one.line, detail=one.said)
    find_in_clips(handed, handed.rows, seen, log, fewest=fewest)
    rows = apply_repairs(handed.rows, names=accepted, seen=seen, fewest=fewest)
    divided, made = _divided(rows, seen, log)
    find_in_classes(handed, divided, log)
    found = ClipFindings(handed=handed, rows=divided, seen=seen, made=frozenset(made), accepted=accepted)
    remaining = _remaining(found, log, decided=asked.accept is not None, fewest=fewest)
    if remaining:
        report = report_of(found, problems=log.problems())
        raise DatasetRefusedError(sentence(remaining[0], kinds=KINDS), report=report)
    suggested = {problem.repair for problem in log.problems() if problem.repair is not None}
    if asked.seal is None or (asked.accept is None and suggested):
        return report_of(found, problems=log.problems())
    material = ClipMaterial(
        name=handed.name,
        source_format=handed.format,
        classes=handed.classes,
        splits=stated_clips(divided, seen),
        store=store,
        repairs=tuple(repair for repair in accepted if repair in suggested),
        split_made=bool(made),
    )
    sealed = seal_clips(asked.seal, material, progress=asked.progress)
    return report_of(found, problems=log.problems(), sealed=sealed)


def _divided(
    rows: list[ImageRow], seen: Mapping[int, Seen], log: ProblemLog
) -> tuple[list[ImageRow], dict[str, int]]:
    is_new = all(row.split != "train" for row in rows)
    divided, made = divide_clips(rows, seen)
    if made and is_new:
        log.add("split_made", detail=f"{len(rows):,} clips are divided")
    else:
        for split, count in made.items():
            log.add(f"{split}_made", detail=f"{count:,} clips are set aside")
    present = {row.split for row in divided}
    for split in SPLITS:
        if split not in present:
            log.add("empty_split", detail=f"no clip of the split {split} is left")
    return divided, made


def _remaining(found: ClipFindings, log: ProblemLog, *, decided: bool, fewest: int) -> list[Problem]:
    """Give the errors that forbid the dataset: after repairs when they are decided, else those without one."""
    before = log.problems()
    if not decided:
        return [problem for problem in errors(before) if problem.repair is None]
    if not found.accepted:
        return errors(before)
    again = ProblemLog(KINDS)
    find_in_clips(found.handed, found.rows, found.seen, again, fewest=fewest)
    find_in_classes(found.handed, found.rows, again)
    of_files = [problem for problem in before if problem.code in _OF_FILES]
    return errors(of_files, accepted=found.accepted) + errors(again.problems())
