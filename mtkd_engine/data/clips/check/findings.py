"""What is wrong with labelled clips, each taken by itself and against the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.clips.rows import CLIPS, HandedClips
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow


def find_in_clips(
    handed: HandedClips, rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog, *, fewest: int
) -> None:
    """This will log everything about rows that a repair can mend, and notes on what their clips are."""
    for row in rows:
        look = seen[row.place]
        if row.label == UNKNOWN:
            detail = f"{row.sample_id}: its label is none of the {len(handed.classes):,} classes"
            log.add("unknown_labels", file=_table(row), row=row.line, detail=detail)
        if look.fault:
            _add(log, look.fault, row, _said(row, look))
            continue
        if handed.kind == CLIPS and look.frames < fewest:
            _add(log, "short_clips", row, f"{look.frames} frames, fewer than {fewest}")
        if look.is_zero:
            _add(log, "zero_features", row, "all of its features are 0")
        for note in look.notes:
            _add(log, "adapted_clips", row, note.rstrip("."))
    _find_repeats(rows, seen, log)
    _find_shared(rows, seen, log)


def find_in_classes(handed: HandedClips, rows: Collection[ImageRow], log: ProblemLog) -> None:
    """This will log classes that lack clips, of rows that have their splits."""
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
        name = handed.classes[min(present)] if present else "none"
        log.add("too_few_classes", detail=f"the only class with clips is {name!r}")


def content_of(row: ImageRow, seen: Mapping[int, Seen]) -> tuple[object, ...]:
    """This will give what makes two clips duplicates of each other; one that cannot be used has no duplicate."""
    return row.split, row.label, seen[row.place].sha256 or row.place


def shared_sources(rows: Iterable[ImageRow]) -> dict[str, set[str | None]]:
    """This will give the stated sources with clips in more than one split, and these splits."""
    sources: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        if row.source_id is not None:
            sources[row.source_id].add(row.split)
    return {source: splits for source, splits in sources.items() if len(splits) > 1}


def _find_repeats(rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog) -> None:
    ids: dict[str, ImageRow] = {}
    contents: dict[tuple[object, ...], ImageRow] = {}
    for row in rows:
        twin = ids.setdefault(row.sample_id, row)
        split, label, content = content_of(row, seen)
        same = contents.setdefault((split, content), row)
        if twin is not row:
            _, other_label, other = content_of(twin, seen)
            if (label, content) != (other_label, other):
                _add(log, "conflicting_ids", row, "the id is given before")
            elif row.split == twin.split:
                _add(log, "repeated_ids", row, "the id is given before")
            elif "train" not in (row.split, twin.split):
                _add(log, "conflicting_ids", row, f"the id is given before, in {twin.split}")
        elif same is not row and not seen[row.place].fault:
            code = "duplicate_clips" if same.label == row.label else "conflicting_labels"
            _add(log, code, row, f"the same clip as {same.sample_id}")


def _find_shared(rows: Collection[ImageRow], seen: Mapping[int, Seen], log: ProblemLog) -> None:
    firsts: dict[str, dict[str | None, ImageRow]] = defaultdict(dict)
    for row in rows:
        if not seen[row.place].fault:
            firsts[seen[row.place].sha256].setdefault(row.split, row)
    for found in firsts.values():
        learned = found.get("train")
        judged = found.get("test") or found.get("val")
        if learned is not None and judged is not None:
            _add(log, "shared_clips", learned, f"the same clip as {judged.sample_id} of {judged.split}")
        elif "val" in found and "test" in found:
            _add(
                log, "shared_evaluation", found["val"], f"the same clip as {found['test'].sample_id} of test"
            )
    for source, splits in shared_sources(rows).items():
        log.add("shared_sources", detail=f"{source} in {', '.join(sorted(map(str, splits)))}")


def _said(row: ImageRow, look: Seen) -> str:
    """Why a clip is useless, with the code of the refusal; its id is said before, so its name need not be."""
    name = row.sample_id.rpartition("/")[2]
    said = look.said.removeprefix(f"{name} ").rstrip(".")
    return f"{said} ({look.refusal})" if look.refusal else said


def _add(log: ProblemLog, code: str, row: ImageRow, detail: str) -> None:
    log.add(code, file=_table(row), row=row.line, detail=f"{row.sample_id}: {detail}")


def _table(row: ImageRow) -> str:
    """The file that a row is in; a clip that is a file of its own is named by its id already."""
    return row.file if row.line is not None else ""
