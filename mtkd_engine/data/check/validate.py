"""A full check of what a person hands in as a dataset, and its sealing once nothing is left to decide."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.annotations import find_problems
from mtkd_engine.data.check.choosing import check_of
from mtkd_engine.data.check.findings import find_missing_features
from mtkd_engine.data.check.handed import Handed, Table, labelled_roots, plain_name, take
from mtkd_engine.data.check.leakage import find_same_features
from mtkd_engine.data.check.problems import ProblemLog, errors, sentence
from mtkd_engine.data.check.repairs import apply_repairs, known_repairs
from mtkd_engine.data.check.reporting import Findings, report_of
from mtkd_engine.data.discovery import AUTO
from mtkd_engine.data.errors import DatasetRefusedError
from mtkd_engine.data.features import Features, array_hash, open_features, pack_features
from mtkd_engine.data.glove import read_glove
from mtkd_engine.data.labelled.check.checking import Checking
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.readers import Limits
from mtkd_engine.data.rows import Problem, Row
from mtkd_engine.data.sealing.samples import WordVectors, samples_of
from mtkd_engine.data.sealing.seal import Material, seal_dataset
from mtkd_engine.data.sealing.videos import find_videos
from mtkd_engine.data.split import divide
from mtkd_engine.data.vocabulary import words_of


def check_dataset(
    path: Path,
    *,
    name: str | None = None,
    annotation_format: str = AUTO,
    words: Path | None = None,
    accept: Collection[str] | None = None,
    seal: Path | None = None,
    work: Path | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """This will read a folder, an archive or a file to the last feature value or pixel and report on it.

    What lies there says whether it is a dataset of annotated videos, of labelled images or clips, or of
    pictures with masks.

    `accept` names the repairs to make and leaves out all others; None means that nobody has decided yet.
    The dataset is sealed into the new folder `seal` when it was decided, or when no repair suggests itself.
    Raises DatasetRefusedError, which carries the report, where errors remain that no accepted repair mends
    (while nothing is decided: that no repair can mend), and DataError for what cannot be read at all.
    With the same `work` folder another call neither extracts archives nor reads features a second time.
    """
    beside = seal.parent if seal is not None and seal.parent.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix=".check-", dir=beside)
        if work is None
        else nullcontext(work) as place
    ):
        table = Table(
            work=Path(place),
            kept=work is not None,
            log=ProblemLog(),
            progress=progress or Progress(),
            annotation_format=annotation_format,
            limits=limits or Limits(),
            words=words,
        )
        if (roots := labelled_roots(path, table)) is not None:
            asked = Checking(
                accept=accept,
                seal=seal,
                work=table.kept_work,
                progress=table.progress,
                form=annotation_format,
            )
            check = check_of(roots, form=annotation_format)
            return check(roots, name=name or plain_name(path), asked=asked)
        known_repairs(accept or ())
        handed = take(path, table)
        handed = replace(handed, name=name or handed.name)
        return _checked(handed, table, accept=accept, seal=seal)


def _checked(
    handed: Handed, table: Table, *, accept: Collection[str] | None, seal: Path | None
) -> dict[str, Any]:
    log = table.log
    features = open_features(handed.features) if handed.features is not None else None
    if features is not None:
        find_missing_features(handed.rows, log, store=features.path.name, featured=features.keys())
    suggested = {problem.repair for problem in log.problems() if problem.repair is not None}
    accepted = known_repairs(accept or ())
    rows = apply_repairs(handed.rows, names=accepted, featured=features.keys() if features else None)
    _find_emptied(handed.rows, rows, log)
    divided = divide(rows, log)
    playable = _playable(handed, divided.rows, log)
    found = Findings(
        handed=handed,
        rows=divided.rows,
        made=divided.made,
        accepted=accepted,
        features=features,
        words=_vectors(handed, divided.rows, table),
        vocabulary=len(words_of(row.sentence for row in divided.rows)),
        playable=len(playable),
    )
    remaining = _remaining(log, rows, accepted=accepted if accept is not None else None, features=features)
    if remaining:
        report = report_of(found, problems=log.problems())
        raise DatasetRefusedError(sentence(remaining[0]), report=report)
    if seal is None or (accept is None and suggested):
        if features is not None:
            likely = apply_repairs(divided.rows, names=suggested, featured=features.keys())
            find_same_features(divided.rows, log, hashes=_read_all(features, likely, table))
        return report_of(found, problems=log.problems())
    material = _material(found, playable=playable, suggested=suggested)
    sealed = seal_dataset(
        seal, material, progress=table.progress, work=table.work / "features" if table.kept else None
    )
    find_same_features(divided.rows, log, hashes=sealed.feature_hashes or {})
    return report_of(found, problems=log.problems(), sealed=sealed)


def _find_emptied(before: list[Row], after: list[Row], log: ProblemLog) -> None:
    left = {row.split for row in after}
    for split in dict.fromkeys(row.split for row in before):
        if split not in left:
            log.add("empty_split", detail=f"no row of the split {split or '(none stated)'} is left")


def _remaining(
    log: ProblemLog, rows: list[Row], *, accepted: tuple[str, ...] | None, features: Features | None
) -> list[Problem]:
    """Give the errors that forbid the dataset: after repairs when they are decided, else those without one."""
    found = log.problems()
    if accepted is None:
        return [problem for problem in errors(found) if problem.repair is None]
    if not accepted:
        return errors(found)
    again = ProblemLog()
    find_problems(rows, again)
    if features is not None:
        find_missing_features(rows, again, store=features.path.name, featured=features.keys())
    of_files = [problem for problem in found if problem.code in _OF_FILES]
    return errors(of_files, accepted=accepted) + errors(again.problems())


_OF_FILES = ("unreadable_rows", "empty_split", "too_few_sources")


def _playable(handed: Handed, rows: Sequence[Row], log: ProblemLog) -> Mapping[str, Path]:
    unusable: list[str] = []
    found: dict[str, Path] = {}
    for folder in handed.folders:
        found = find_videos(folder, unusable=unusable) | found
    for said in unusable:
        log.add("unusable_videos", detail=said.rstrip("."))
    annotated = {row.video_id for row in rows}
    return {video_id: path for video_id, path in found.items() if video_id in annotated}


def _vectors(handed: Handed, rows: Sequence[Row], table: Table) -> WordVectors | None:
    if handed.words is None:
        return handed.vectors
    table.progress.say("words")
    words, vectors = read_glove(handed.words, words=words_of(row.sentence for row in rows))
    return WordVectors(words=tuple(words), vectors=vectors)


def _read_all(features: Features, rows: Sequence[Row], table: Table) -> Mapping[str, str]:
    """Read every annotated video; what is packed on the way is there when the dataset is sealed."""
    held = set(features.keys())
    annotated = dict.fromkeys(s.video_id for samples in samples_of(rows).values() for s in samples)
    videos = [video_id for video_id in annotated if video_id in held]
    if table.kept and videos:
        table.work.mkdir(parents=True, exist_ok=True)
        return pack_features(
            features,
            table.work / "checked.npz",
            videos=videos,
            progress=table.progress,
            work=table.work / "features",
        )
    hashes = {}
    for done, video_id in enumerate(videos):
        table.progress.say("features", done=done, of=len(videos))
        hashes[video_id] = array_hash(features, video_id)
    return hashes


def _material(found: Findings, *, playable: Mapping[str, Path], suggested: Collection[str]) -> Material:
    return Material(
        name=found.handed.name,
        task="grounding",
        source_format=found.handed.format,
        splits=samples_of(found.rows),
        repairs=tuple(repair for repair in found.accepted if repair in suggested),
        split_made=bool(found.made),
        features=found.features,
        words=found.words,
        playable=playable,
        extractor=found.handed.extractor,
    )
