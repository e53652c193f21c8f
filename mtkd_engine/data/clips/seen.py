"""What is known of one clip once it was read to its end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from mtkd_engine.data.clips.store import FeatureStore


@dataclass(frozen=True, slots=True)
class Seen:
    """Frames or rows, sizes in pixels as handed in, upright; `fault` names the problem that makes it useless.

    `size` is in bytes, of the stream that was made of it or of its rows; of features, `width` is their columns.
    """

    sha256: str = ""
    size: int = 0
    frames: int = 0
    rate: float = 0.0
    width: int = 0
    height: int = 0
    gops: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    fault: str = ""
    said: str = ""
    refusal: str = ""
    """The code of the refusal of a video."""
    is_zero: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts, 0 where no rate is known."""
        return self.frames / self.rate if self.rate > 0 else 0.0


def see_features(store: FeatureStore, place: int) -> Seen:
    """This will read the features of one clip to the last value."""
    values_TD = store.row(place)
    content = f"{values_TD.dtype.str}{values_TD.shape}".encode() + values_TD.tobytes()
    finite = np.isfinite(values_TD)
    said = ""
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        said = f"it holds {values_TD[row, column]} at row {row}, column {column} ({np.count_nonzero(~finite)} such)"
    return Seen(
        sha256=hashlib.sha256(content).hexdigest(),
        size=values_TD.nbytes,
        frames=len(values_TD),
        width=values_TD.shape[1],
        fault="not_finite" if said else "",
        said=said,
        is_zero=not values_TD.any(),
    )
