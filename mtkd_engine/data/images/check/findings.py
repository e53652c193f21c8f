"""What is wrong with labelled images, each taken by itself and against the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.images.check.looking import Seen
from mtkd_engine.data.images.rows import UNKNOWN, HandedImages, ImageRow


def find_in_images(
    handed: HandedImages, rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog
) -> None:
    """This will log everything about rows that a repair can mend, and notes on what their images are."""
    for row in rows:
        look = seen[row.place]
        if row.label == UNKNOWN:
            detail = f"{row.sample_id}: its label is none of the {len(handed.classes):,} classes"
            log.add("unknown_labels", file=_table(row), row=row.line, detail=detail)
        if look.fault:
            _add(log, look.fault, row, look.said.rstrip("."))
            continue
        for code, is_so in _notes(look):
            if is_so:
                _add(log, code, row, f"{look.width} x {look.height} {look.kind}")
    _find_repeats(rows, seen, log)
    _find_shared(rows, seen, log)


def find_in_classes(handed: HandedImages, rows: Collection[ImageRow], log: ProblemLog) -> None:
    """This will log classes that lack images, of rows that have their splits."""
    by_split: dict[str | None, set[int]] = defaultdict(set)
    for row in rows:
        by_split[row.split].add(row.label)
    present = set().union(*by_split.values()) - {UNKNOWN}
    for number, name in enumerate(handed.classes):
        if number not in present:
            log.add("unused_classes", detail=name)
        elif number not in by_split["train"]:
            log.add("untrained_classes", detail=name)
        if not handed.is_named:
            log.add("unnamed_classes", detail=name)
    if len(present) < 2:
        for number in present or {UNKNOWN}:
            name = handed.classes[number] if present else "none"
            log.add("too_few_classes", detail=f"the only class with images is {name!r}")


def untrained(rows: Iterable[ImageRow]) -> set[int]:
    """This will give the classes that have images but none in train; none where there is no train."""
    learned: set[int] = set()
    others: set[int] = set()
    for row in rows:
        (learned if row.split == "train" else others).add(row.label)
    return others - learned if learned else set()


def content_of(row: ImageRow, seen: Mapping[int, Seen]) -> tuple[object, ...]:
    """This will give what makes two images duplicates of each other."""
    return (row.split, row.label, seen[row.place].sha256)


def _notes(look: Seen) -> Sequence[tuple[str, bool]]:
    return (
        ("animated_images", look.is_animated),
        ("rotated_images", look.is_rotated),
        ("converted_images", look.is_converted),
    )


def _find_repeats(rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog) -> None:
    ids: dict[str, ImageRow] = {}
    contents: dict[tuple[object, ...], ImageRow] = {}
    for row in rows:
        twin = ids.setdefault(row.sample_id, row)
        content = content_of(row, seen)
        same = contents.setdefault((content[0], content[2]), row)
        if twin is not row:
            is_same = content_of(twin, seen) == content
            _add(log, "repeated_ids" if is_same else "conflicting_ids", row, "the id is given before")
        elif same is not row and not seen[row.place].fault:
            code = "duplicate_images" if same.label == row.label else "conflicting_labels"
            _add(log, code, row, f"the same image as {same.sample_id}")


def _find_shared(rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog) -> None:
    firsts: dict[str, dict[str | None, ImageRow]] = defaultdict(dict)
    sources: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        if not seen[row.place].fault:
            firsts[seen[row.place].sha256].setdefault(row.split, row)
        if row.source_id is not None:
            sources[row.source_id].add(row.split)
    for found in firsts.values():
        learned = found.get("train")
        judged = found.get("test") or found.get("val")
        if learned is not None and judged is not None:
            _add(log, "shared_images", learned, f"the same image as {judged.sample_id} of {judged.split}")
        elif "val" in found and "test" in found:
            _add(
                log, "shared_evaluation", found["val"], f"the same image as {found['test'].sample_id} of test"
            )
    for source, splits in sources.items():
        if len(splits) > 1:
            log.add("shared_sources", detail=f"{source} in {', '.join(sorted(map(str, splits)))}")


def _add(log: ProblemLog, code: str, row: ImageRow, detail: str) -> None:
    log.add(code, file=_table(row), row=row.line, detail=f"{row.sample_id}: {detail}")


def _table(row: ImageRow) -> str:
    """The file that a row is in; an image that is a file of its own is named by its id already."""
    return row.file if row.line is not None else ""
