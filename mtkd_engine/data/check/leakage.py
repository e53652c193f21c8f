"""What splits share that they should not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.rows import Row


def find_shared(rows: Collection[Row], log: ProblemLog) -> None:
    """This will log videos and sources that are in more than one split; a video's own source counts once."""
    videos = _shared((row.video_id, row) for row in rows)
    for video_id, places in videos.items():
        code = "shared_videos" if "train" in places else "shared_evaluation"
        first = next(iter(places.values()))
        log.add(code, file=first.file, row=first.line, detail=f"video {video_id!r} is in {_named(places)}")
    for source, places in _shared((row.source, row) for row in rows).items():
        if source not in videos:
            log.add("shared_sources", detail=f"source {source!r} is in both {_named(places)}")


def _shared(rows: Iterable[tuple[str, Row]]) -> dict[str, dict[str, Row]]:
    """Give the first row of each split for every name that is in several of them."""
    first: dict[str, Row] = {}
    shared: dict[str, dict[str, Row]] = {}
    for name, row in rows:
        twin = first.setdefault(name, row)
        if twin.split != row.split and row.split is not None and twin.split is not None:
            shared.setdefault(name, {twin.split: twin}).setdefault(row.split, row)
    return shared


def _named(places: Mapping[str, Row]) -> str:
    return " and ".join(f"{split} ({row.file})" for split, row in places.items())


def find_same_features(rows: Iterable[Row], log: ProblemLog, *, hashes: Mapping[str, str]) -> None:
    """This will log videos whose features are, to the bit, those of a video of another split."""
    splits: dict[str, str] = {}
    for row in rows:
        splits.setdefault(row.video_id, row.split or "")
    first: dict[str, str] = {}
    for video_id, split in splits.items():
        twin = first.setdefault(hashes.get(video_id, video_id), video_id)
        if splits[twin] != split:
            log.add(
                "same_features",
                detail=f"{twin} and {video_id} (in {splits[twin]} and {split}) have the same features",
            )
