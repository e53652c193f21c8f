"""What is known of one clip once it was read to its end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mtkd_engine.data.clips.samples import StatedClip
from mtkd_engine.data.clips.store import FeatureStore
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.labelled.samples import stated_rows


@dataclass(frozen=True, slots=True)
class SeenClip(Seen):
    """Frames or rows, sizes in pixels as handed in, upright.

    `size` is in bytes, of the stream that was made of it or of its rows; of features, `width` is their columns.
    """

    frames: int = 0
    rate: float = 0.0
    gops: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""
    """The code of the refusal of a video."""
    is_zero: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts, 0 where no rate is known."""
        return self.frames / self.rate if self.rate > 0 else 0.0


def see_features(store: FeatureStore, place: int) -> SeenClip:
    """This will read the features of one clip to the last value."""
    values_TD = store.row(place)
    content = f"{values_TD.dtype.str}{values_TD.shape}".encode() + values_TD.tobytes()
    finite = np.isfinite(values_TD)
    said = ""
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        said = f"it holds {values_TD[row, column]} at row {row}, column {column} ({np.count_nonzero(~finite)} such)"
    return SeenClip(
        sha256=hashlib.sha256(content).hexdigest(),
        size=values_TD.nbytes,
        frames=len(values_TD),
        width=values_TD.shape[1],
        fault="not_finite" if said else "",
        said=said,
        is_zero=not values_TD.any(),
    )


def stated_clips(
    rows: Iterable[LabelledRow], seen: Mapping[int, SeenClip]
) -> dict[str, tuple[StatedClip, ...]]:
    """This will give divided rows as samples by split, in their order."""

    def stated(sample: LabelledSample) -> StatedClip:
        look = seen[sample.place]
        return StatedClip(
            sample,
            look.sha256,
            width=look.width,
            height=look.height,
            frames=look.frames,
            rate=look.rate,
            gops=look.gops,
        )

    return stated_rows(rows, stated)
