"""What splits share that they should not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mtkd_engine.data.problems import ProblemLog
from mtkd_engine.data.rows import Row


def find_shared(rows: Iterable[Row], log: ProblemLog) -> None:
    """This will log videos and sources that are in more than one split; a video's own source counts once."""
    videos: dict[str, dict[str, Row]] = {}
    sources: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.split is not None:
            videos.setdefault(row.video_id, {}).setdefault(row.split, row)
            sources.setdefault(row.source, {}).setdefault(row.split, row)
    for video_id, places in videos.items():
        if len(places) > 1:
            code = "shared_videos" if "train" in places else "shared_evaluation"
            first = next(iter(places.values()))
            log.add(
                code, file=first.file, row=first.line, detail=f"video {video_id!r} is in {_named(places)}"
            )
    for source, places in sources.items():
        if len(places) > 1 and len(videos.get(source, ())) < 2:
            log.add("shared_sources", detail=f"source {source!r} is in both {_named(places)}")


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
