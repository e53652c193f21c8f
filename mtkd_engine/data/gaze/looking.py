"""Every sample read to its end once: what it is and where people looked, or what is wrong with it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from mtkd_engine.data.clips.ingesting import ingest_clips
from mtkd_engine.data.clips.seen import SeenClip
from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.looks import Gaze, HeldGaze, fixations_of
from mtkd_engine.data.gaze.rows import HandedGaze
from mtkd_engine.data.gaze.seen import Kept, SeenGaze, kept_of
from mtkd_engine.data.images.check.looking import look
from mtkd_engine.data.images.store import ImageStore, in_threads
from mtkd_engine.data.progress import Progress

FOLDER = "clips"


def look_at_all(
    handed: HandedGaze, *, work: Path | None, progress: Progress, beside: Path | None = None
) -> tuple[dict[int, SeenGaze], ImageStore | ClipStore, Gaze]:
    """This will read the sample of every row; say by place what it is, and give the stores that hold all of it.

    Of videos streams are made, as of any clips: in a `work` folder that is kept, another call goes on where an earlier
    one was stopped; otherwise they lie in the folder `beside`, or in that of the system, without a name.
    """
    if handed.store is not None:
        seen = _pictures(handed, handed.store, progress=progress)
        whole, gaze = _with_gaze(handed, seen)
        return whole, handed.store, gaze
    place = (
        tempfile.TemporaryDirectory(prefix=".clips-", dir=beside)
        if work is None
        else nullcontext(work / FOLDER)
    )
    with place as folder:
        clips, store = ingest_clips(handed.given, folder=Path(folder), progress=progress)
    whole, gaze = _with_gaze(handed, {at: _of_clip(clip) for at, clip in clips.items()})
    return whole, store, gaze


def _pictures(handed: HandedGaze, store: ImageStore, *, progress: Progress) -> dict[int, SeenGaze]:
    places = sorted({row.place for row in handed.rows})
    seen: dict[int, SeenGaze] = {}
    for place, found in zip(places, in_threads(partial(look, store), places), strict=True):
        seen[place] = SeenGaze(
            found.sha256, found.size, found.width, found.height, found.fault, found.said, kind=found.kind
        )
        progress.say("images", done=len(seen), of=len(places))
    return seen


def _of_clip(found: SeenClip) -> SeenGaze:
    return SeenGaze(
        found.sha256,
        found.size,
        found.width,
        found.height,
        found.fault,
        found.said,
        frames=found.frames,
        rate=found.rate,
        gops=found.gops,
        notes=found.notes,
        refusal=found.refusal,
    )


def _with_gaze(handed: HandedGaze, seen: Mapping[int, SeenGaze]) -> tuple[dict[int, SeenGaze], Gaze]:
    whole: dict[int, SeenGaze] = {}
    kept: dict[int, Kept] = {}
    for place, look_at in seen.items():
        whole[place], kept[place] = _one(handed, place, look_at)
    places = range(len(handed.looked))
    held = HeldGaze(
        [kept[place].looks_K if place in kept else _NOTHING.looks_K for place in places],
        frames=[(seen[place].height, seen[place].width) if place in seen else (0, 0) for place in places],
        maps=[kept[place].maps if place in kept else () for place in places],
    )
    return whole, held


def _one(handed: HandedGaze, place: int, seen: SeenGaze) -> tuple[SeenGaze, Kept]:
    if seen.fault:
        return seen, _NOTHING
    frames = max(seen.frames, 1)
    try:
        kept = kept_of(handed.looked[place], size=(seen.height, seen.width), frames=frames, rate=seen.rate)
    except DataError as error:
        return replace(seen, fault="broken_maps", said=str(error)), _NOTHING
    if not len(kept.looks_K) and not any(kept.maps):
        return replace(seen, fault="nobody_looked", said="it has neither a fixation nor a map"), kept
    return (
        replace(
            seen,
            truth=kept.sha256,
            fixations=len(kept.looks_K),
            viewers=kept.viewers,
            maps=sum(file is not None for file in kept.maps),
            outside=kept.outside,
            late=kept.late,
            clipped=kept.clipped,
        ),
        kept,
    )


_NOTHING = Kept(fixations_of(np.zeros((0, 2))), ())
