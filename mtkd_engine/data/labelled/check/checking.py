"""A full check of labelled samples, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.problems import ProblemLog, errors, sentence
from mtkd_engine.data.discovery import AUTO
from mtkd_engine.data.errors import DatasetRefusedError
from mtkd_engine.data.labelled.check.examined import Examined, Rows, SeenT
from mtkd_engine.data.labelled.check.findings import find_in_classes, find_in_samples
from mtkd_engine.data.labelled.check.repairs import known_repairs
from mtkd_engine.data.labelled.check.reporting import report_of
from mtkd_engine.data.labelled.check.seen import hashes_of
from mtkd_engine.data.labelled.dividing import divide_rows
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_OF_FILES = ("unreadable_rows", "missing_files", "empty_split")


@dataclass(frozen=True)
class Checking:
    """What is asked of a check: the repairs that somebody decided on, where to seal, work and tell, and the form."""

    accept: Collection[str] | None
    seal: Path | None
    work: Path | None
    progress: Progress
    form: str = AUTO


def check_labelled(given: Examined[SeenT], asked: Checking) -> dict[str, Any]:
    """This will report on samples that were read to their end and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`.
    """
    accepted = known_repairs(asked.accept or (), known=given.repairs)
    log = ProblemLog(given.kinds)
    for one in given.handed.found:
        log.add(one.code, file=one.file, row=one.line, detail=one.said)
    find_in_samples(given, given.handed.rows, log)
    rows = given.handed.rows
    for name in accepted:
        rows = given.repaired(rows, name)
    rows, is_made = _divided(given, rows, log)
    find_in_classes(given, rows, log)
    suggested = {problem.repair for problem in log.problems() if problem.repair is not None}
    statement = Statement(
        name=given.handed.name,
        source_format=given.handed.format,
        classes=given.handed.classes,
        repairs=tuple(name for name in accepted if name in suggested),
        split_made=is_made,
    )
    remaining = _remaining(given, rows, log, accepted=None if asked.accept is None else accepted)
    sealed = None
    if not remaining and asked.seal is not None and not (asked.accept is None and suggested):
        sealed = given.sealed(asked.seal, statement, rows, progress=asked.progress)
    report = report_of(given, statement, rows, problems=log.problems(), accepted=accepted, sealed=sealed)
    if remaining:
        raise DatasetRefusedError(sentence(remaining[0], kinds=given.kinds), report=report)
    return report


def _divided(given: Examined[SeenT], rows: Rows, log: ProblemLog) -> tuple[Rows, bool]:
    is_new = all(row.split != "train" for row in rows)
    divided, made = divide_rows(rows, hashes=hashes_of(given.seen))
    if made and is_new:
        log.add("split_made", detail=f"{len(rows):,} {given.noun}s are divided")
    else:
        for split, count in made.items():
            log.add(f"{split}_made", detail=f"{count:,} {given.noun}s are set aside")
    present = {row.split for row in divided}
    for split in SPLITS:
        if split not in present:
            log.add("empty_split", detail=f"no {given.noun} of the split {split} is left")
    return divided, bool(made)


def _remaining(
    given: Examined[SeenT], rows: Rows, log: ProblemLog, *, accepted: tuple[str, ...] | None
) -> list[Problem]:
    """Give the errors that forbid the dataset: after repairs when they are decided, else those without one."""
    before = log.problems()
    if accepted is None:
        return [problem for problem in errors(before) if problem.repair is None]
    if not accepted:
        return errors(before)
    again = ProblemLog(given.kinds)
    find_in_samples(given, rows, again)
    find_in_classes(given, rows, again)
    of_files = [problem for problem in before if problem.code in _OF_FILES]
    in_place = given.in_place.intersection(accepted)
    return errors(of_files, accepted=accepted) + errors(again.problems(), accepted=in_place)
