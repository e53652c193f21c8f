"""Missing splits of labelled clips, and divided rows as samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtkd_engine.data.clips.samples import StatedClip
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.images.rows import ImageRow
from mtkd_engine.data.images.split import divide_images
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.split import SPLITS


def divide_clips(rows: Sequence[ImageRow], seen: Mapping[int, Seen]) -> tuple[list[ImageRow], dict[str, int]]:
    """This will give every row a split, never dividing a source or equal clips, and count the rows of those made."""
    hashes = {place: look.sha256 or f"none of {place}" for place, look in seen.items()}
    return divide_images(rows, hashes=hashes)


def stated_clips(rows: Sequence[ImageRow], seen: Mapping[int, Seen]) -> dict[str, tuple[StatedClip, ...]]:
    """This will give divided rows as samples by split, in their order."""
    splits: dict[str, list[StatedClip]] = {split: [] for split in SPLITS}
    for row in rows:
        assert row.split is not None
        look = seen[row.place]
        sample = LabelledSample(row.sample_id, row.source, row.label, row.place)
        splits[row.split].append(
            StatedClip(
                sample,
                look.sha256,
                width=look.width,
                height=look.height,
                frames=look.frames,
                rate=look.rate,
                gops=look.gops,
            )
        )
    return {split: tuple(samples) for split, samples in splits.items()}
