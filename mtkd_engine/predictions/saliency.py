"""What a model says of every clip by itself, beside its prediction: how much it has to do with the sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.ragged import Whole, entries_of, offsets_of

NAME = "saliency"
MOST_CLIPS = 4096


@dataclass(frozen=True)
class Saliency:
    """Scores of clips of equal length that together are the whole video, for every sample one after another.

    `sizes` says how many clips a sample has, 0 for one without scores. Their scale is the model's own.
    """

    sizes: Whole
    values: NDArray[np.float32]

    @cached_property
    def offsets(self) -> Whole:
        """Where each sample's scores begin, and after the last one where all end."""
        return offsets_of(self.sizes)

    def take(self, rows: Whole) -> Saliency:
        """This will give the samples at these rows, in this order."""
        return Saliency(self.sizes[rows], self.values[entries_of(self.sizes, rows)])

    def of(self, row: int) -> NDArray[np.float32]:
        """This will give the scores of one sample."""
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def scaled_like(self, held_out: Saliency) -> Saliency:
        """This will bring all scores to mean 0 and spread 1 on held-out samples, so that no scale counts.

        Where held-out scores are all alike or there are none, nothing is known of the scale: all become 0.
        """
        seen = held_out.values.astype(np.float64)
        spread = float(seen.std()) if len(seen) else 0.0
        if spread <= 1e-6 * max(1.0, float(np.abs(seen).max(initial=0.0))):
            return replace(self, values=np.zeros_like(self.values))
        return replace(self, values=((self.values - seen.mean()) / spread).astype(np.float32))


def made_saliency(sizes: NDArray[Any], values: NDArray[Any], *, ids: list[str], file: str) -> Saliency | None:
    """This will put together the scores that a reader found; None where no sample has any.

    Raises DataError for what cannot be used.
    """
    sizes = np.asarray(sizes, np.int64)
    if len(sizes) != len(ids) or values.shape != (int(sizes.sum()),):
        raise DataError(
            f"{file}: {NAME} has {values.size:,} numbers for {len(sizes):,} samples, which does not fit the "
            f"{len(ids):,} ids; a list for each sample is accepted."
        )
    if int(sizes.max(initial=0)) > MOST_CLIPS:
        row = int(sizes.argmax())
        raise DataError(
            f"{file}: {NAME} of sample {shown(ids[row])} has {int(sizes[row]):,} clips; up to {MOST_CLIPS:,} are "
            "accepted."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused below
        typed = np.ascontiguousarray(values, np.float32)
    odd = ~np.isfinite(typed)
    if odd.any():
        row = int(np.repeat(np.arange(len(sizes)), sizes)[int(np.argmax(odd))])
        raise DataError(
            f"{file}: {NAME} of sample {shown(ids[row])} holds NaN or infinite values; finite numbers are accepted."
        )
    return Saliency(sizes, typed) if len(typed) else None
