"""What is wrong with labelled samples, each taken by itself and against the others."""

from __future__ import annotations

from collections import defaultdict

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.labelled.check.examined import Examined, Rows, SeenT
from mtkd_engine.data.labelled.check.seen import content_of
from mtkd_engine.data.labelled.rows import UNKNOWN, LabelledRow


def find_in_samples(given: Examined[SeenT], rows: Rows, log: ProblemLog) -> None:
    """This will log everything about rows that a repair can mend, and remarks on what their samples are."""
    for row in rows:
        if row.label == UNKNOWN:
            _add(
                log, "unknown_labels", row, f"its label is none of the {len(given.handed.classes):,} classes"
            )
        for code, said in given.remarks(row):
            _add(log, code, row, said)
    _find_repeats(given, rows, log)
    _find_shared(given, rows, log)
    _find_shared_sources(rows, log)


def find_in_classes(given: Examined[SeenT], rows: Rows, log: ProblemLog) -> None:
    """This will log classes that lack samples, of rows that have their splits."""
    if not given.has_classes:
        return
    by_split: dict[str | None, set[int]] = defaultdict(set)
    for row in rows:
        by_split[row.split] |= given.classes_in(row)
    present = set().union(*by_split.values()) - {UNKNOWN}
    for number, name in enumerate(given.handed.classes):
        if number not in present:
            log.add("unused_classes", detail=name)
        elif number not in by_split["train"]:
            log.add("untrained_classes", detail=name)
        if not given.handed.is_named:
            log.add("unnamed_classes", detail=name)
    if len(present) < 2:
        name = given.handed.classes[min(present)] if present else "none"
        log.add("too_few_classes", detail=f"the only class with {given.noun}s is {name!r}")


def _find_repeats(given: Examined[SeenT], rows: Rows, log: ProblemLog) -> None:
    ids: dict[str, LabelledRow] = {}
    contents: dict[tuple[object, ...], LabelledRow] = {}
    for row in rows:
        twin = ids.setdefault(row.sample_id, row)
        split, told, content = content_of(row, given.seen)
        same = contents.setdefault((split, content), row)
        if twin is not row:
            if repeat := _repeat(given, row, twin):
                _add(log, repeat[0], row, repeat[1])
        elif same is not row and not given.seen[row.place].fault:
            is_same = content_of(same, given.seen)[1] == told
            code = f"duplicate_{given.noun}s" if is_same else "conflicting_labels"
            _add(log, code, row, f"the same {given.noun} as {same.sample_id}")


def _repeat(given: Examined[SeenT], row: LabelledRow, twin: LabelledRow) -> tuple[str, str] | None:
    """The problem of an id that is given twice; that of one sample in train and test is told of as shared."""
    if content_of(row, given.seen)[1:] != content_of(twin, given.seen)[1:]:
        return "conflicting_ids", "the id is given before"
    if row.split == twin.split:
        return "repeated_ids", "the id is given before"
    is_judged = "train" not in (row.split, twin.split)
    return ("conflicting_ids", f"the id is given before, in {twin.split}") if is_judged else None


def _find_shared(given: Examined[SeenT], rows: Rows, log: ProblemLog) -> None:
    firsts: dict[str, dict[str | None, LabelledRow]] = defaultdict(dict)
    for row in rows:
        if not given.seen[row.place].fault:
            firsts[given.seen[row.place].sha256].setdefault(row.split, row)
    same = f"the same {given.noun} as"
    for found in firsts.values():
        learned = found.get("train")
        judged = found.get("test") or found.get("val")
        if learned is not None and judged is not None:
            _add(log, f"shared_{given.noun}s", learned, f"{same} {judged.sample_id} of {judged.split}")
        elif "val" in found and "test" in found:
            _add(log, "shared_evaluation", found["val"], f"{same} {found['test'].sample_id} of test")


def _find_shared_sources(rows: Rows, log: ProblemLog) -> None:
    sources: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        if row.source_id is not None:
            sources[row.source_id].add(row.split)
    for source, splits in sources.items():
        if len(splits) > 1:
            log.add("shared_sources", detail=f"{source} in {', '.join(sorted(map(str, splits)))}")


def _add(log: ProblemLog, code: str, row: LabelledRow, detail: str) -> None:
    """Log a row; a sample that is a file of its own is named by its id already."""
    file = row.file if row.line is not None else ""
    log.add(code, file=file, row=row.line, detail=f"{row.sample_id}: {detail}")
