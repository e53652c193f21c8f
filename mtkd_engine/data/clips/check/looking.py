"""Every clip read to its end once: what it is, or what is wrong with it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from mtkd_engine.data.clips.ingesting import ingest_clips
from mtkd_engine.data.clips.rows import HandedClips
from mtkd_engine.data.clips.seen import SeenClip, see_features
from mtkd_engine.data.clips.store import ClipStore, FeatureStore
from mtkd_engine.data.progress import Progress

FOLDER = "clips"


def look_at_all(
    handed: HandedClips, *, work: Path | None, progress: Progress, beside: Path | None = None
) -> tuple[Mapping[int, SeenClip], ClipStore | FeatureStore]:
    """This will read the clip of every row and say by place what it is, and give the store that holds them.

    In a `work` folder that is kept, another call goes on where an earlier one was stopped; otherwise streams lie
    in the folder `beside`, or in that of the system, without a name, as long as the store.
    """
    if handed.features is not None:
        return _features(handed, handed.features, progress=progress), handed.features
    with (
        tempfile.TemporaryDirectory(prefix=".clips-", dir=beside)
        if work is None
        else nullcontext(work / FOLDER)
    ) as place:
        return ingest_clips(handed.given, folder=Path(place), progress=progress)


def _features(handed: HandedClips, store: FeatureStore, *, progress: Progress) -> Mapping[int, SeenClip]:
    seen: dict[int, SeenClip] = {}
    for done, row in enumerate(handed.rows, start=1):
        seen[row.place] = see_features(store, row.place)
        progress.say("features", done=done, of=len(handed.rows))
    return seen
