"""A sealed dataset of gaze as somebody handed it in: its streams are a stranger's, read as any other video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mtkd_engine.data.clips.rows import Stretch
from mtkd_engine.data.clips.store import STREAMS
from mtkd_engine.data.gaze.files import MAPS, SealedGaze
from mtkd_engine.data.gaze.looks import points_of
from mtkd_engine.data.gaze.rows import Files, HandedGaze, Listed, Looked
from mtkd_engine.data.gaze.sealed import SealedSet, in_places
from mtkd_engine.data.labelled.rows import Found, LabelledRow
from mtkd_engine.data.manifest import SEALED
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.split import SPLITS


def handed_of(sealed: SealedSet, folder: Path) -> HandedGaze:
    """This will give a sealed dataset as rows that somebody handed in."""
    samples = in_places(sealed.splits)
    clips = sealed.clips
    looked = [
        Looked(
            listed=_listed(sealed.gaze, place),
            maps=_maps(sealed.gaze, folder, place, count=max(one.frames, 1)),
        )
        for place, one in enumerate(samples)
    ]
    given = (
        []
        if clips is None
        else [Stretch(folder / STREAMS, *clips.stretch(place)) for place in range(len(clips))]
    )
    return HandedGaze(
        name=sealed.name,
        format=SEALED,
        classes=(),
        rows=[
            LabelledRow(
                split=split,
                sample_id=one.sample.sample_id,
                source_id=None if one.sample.source_id == one.sample.sample_id else one.sample.source_id,
                label=0,
                place=one.sample.place,
                file=SAMPLES,
                line=one.sample.place + 1,
            )
            for split in SPLITS
            for one in sealed.splits[split]
        ],
        files=tuple(path for path in sorted(folder.iterdir()) if path.is_file()),
        store=sealed.images,
        given=given,
        looked=looked,
        found=() if clips is None else (Found("encoded_again", "its streams are encoded once more"),),
    )


def _listed(gaze: SealedGaze, place: int) -> Listed:
    looks_K = gaze.looks(place)
    return Listed(
        points_of(looks_K).astype(np.float64),
        looks_K["viewer"].astype(np.int32),
        looks_K["first"].astype(np.float64),
        looks_K["stop"].astype(np.float64),
        "frames",
    )


def _maps(gaze: SealedGaze, folder: Path, place: int, *, count: int) -> Files:
    stretches = [gaze.stretch(place, frame) for frame in range(count)]
    files = tuple(Stretch(folder / MAPS, start, stop) if stop > start else None for start, stop in stretches)
    return files if any(files) else ()
