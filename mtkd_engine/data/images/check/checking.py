"""A full check of labelled images, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.problems import ProblemLog, errors, sentence
from mtkd_engine.data.discovery import AUTO
from mtkd_engine.data.errors import DatasetRefusedError
from mtkd_engine.data.images.check.findings import find_in_classes, find_in_images
from mtkd_engine.data.images.check.looking import Seen, look_at_all
from mtkd_engine.data.images.check.problems import KINDS
from mtkd_engine.data.images.check.repairs import apply_repairs, known_repairs
from mtkd_engine.data.images.check.reporting import ImageFindings, report_of
from mtkd_engine.data.images.finding import find_images
from mtkd_engine.data.images.rows import HandedImages, ImageRow
from mtkd_engine.data.images.samples import Stated
from mtkd_engine.data.images.sealed import ImageMaterial, seal_images
from mtkd_engine.data.images.split import divide_images
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_OF_FILES = ("unreadable_rows", "empty_split")


@dataclass(frozen=True)
class Checking:
    """What is asked of a check: the repairs that somebody decided on, where to seal, work and tell, and the form."""

    accept: Collection[str] | None
    seal: Path | None
    work: Path | None
    progress: Progress
    form: str = AUTO


def check_images(roots: Sequence[Path], *, name: str, asked: Checking) -> dict[str, Any]:
    """This will read every image below `roots` to its end, report on them and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`.
    """
    accepted = known_repairs(asked.accept or ())
    handed = replace(find_images(roots, name=name, form=asked.form), name=name)
    seen = look_at_all(handed, work=asked.work, progress=asked.progress)
    log = ProblemLog(KINDS)
    _find_in_files(handed, log)
    find_in_images(handed, handed.rows, seen, log)
    rows = apply_repairs(handed.rows, names=accepted, seen=seen)
    divided, made = _divided(rows, seen, log)
    find_in_classes(handed, divided, log)
    found = ImageFindings(handed=handed, rows=divided, seen=seen, made=frozenset(made), accepted=accepted)
    remaining = _remaining(found, log, decided=asked.accept is not None)
    if remaining:
        report = report_of(found, problems=log.problems())
        raise DatasetRefusedError(sentence(remaining[0], kinds=KINDS), report=report)
    suggested = {problem.repair for problem in log.problems() if problem.repair is not None}
    if asked.seal is None or (asked.accept is None and suggested):
        return report_of(found, problems=log.problems())
    material = ImageMaterial(
        name=handed.name,
        source_format=handed.format,
        classes=handed.classes,
        splits=_stated(divided, seen),
        store=handed.store,
        repairs=tuple(repair for repair in accepted if repair in suggested),
        split_made=bool(made),
    )
    sealed = seal_images(asked.seal, material, progress=asked.progress)
    return report_of(found, problems=log.problems(), sealed=sealed)


def _find_in_files(handed: HandedImages, log: ProblemLog) -> None:
    for file, line, said in handed.unreadable:
        log.add("unreadable_rows", file=file, row=line, detail=said)
    for file in handed.ignored:
        log.add("ignored_files", file=file, detail=file)


def _divided(
    rows: list[ImageRow], seen: Mapping[int, Seen], log: ProblemLog
) -> tuple[list[ImageRow], dict[str, int]]:
    is_new = all(row.split != "train" for row in rows)
    divided, made = divide_images(rows, hashes={place: look.sha256 for place, look in seen.items()})
    if made and is_new:
        log.add("split_made", detail=f"{len(rows):,} images are divided")
    else:
        for split, count in made.items():
            log.add(f"{split}_made", detail=f"{count:,} images are set aside")
    present = {row.split for row in divided}
    for split in SPLITS:
        if split not in present:
            log.add("empty_split", detail=f"no image of the split {split} is left")
    return divided, made


def _remaining(found: ImageFindings, log: ProblemLog, *, decided: bool) -> list[Problem]:
    """Give the errors that forbid the dataset: after repairs when they are decided, else those without one."""
    before = log.problems()
    if not decided:
        return [problem for problem in errors(before) if problem.repair is None]
    if not found.accepted:
        return errors(before)
    again = ProblemLog(KINDS)
    find_in_images(found.handed, found.rows, found.seen, again)
    find_in_classes(found.handed, found.rows, again)
    of_files = [problem for problem in before if problem.code in _OF_FILES]
    return errors(of_files, accepted=found.accepted) + errors(again.problems())


def _stated(rows: Sequence[ImageRow], seen: Mapping[int, Seen]) -> dict[str, list[Stated]]:
    splits: dict[str, list[Stated]] = {split: [] for split in SPLITS}
    for row in rows:
        assert row.split is not None
        look = seen[row.place]
        sample = LabelledSample(row.sample_id, row.source, row.label, row.place)
        splits[row.split].append(Stated(sample, look.sha256, look.width, look.height, look.kind))
    return splits
