"""What splits of pictures and of videos with gaze share.

Shape suffixes: H and W pixels.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.tasks.classification.draws import key_of
from mtkd_engine.tasks.dense.splits import DenseSplit
from mtkd_engine.tasks.dense.views import View
from mtkd_engine.tasks.saliency.metrics.s_auc import OTHERS
from mtkd_engine.tasks.saliency.truth import Floats, Truths, resized_map, to_sum_1

_DRAWN = 8
"""Times as many as are wanted, so that hardly ever too few are of other sources."""


@dataclass(frozen=True)
class Shown:
    """One frame that people looked at, of a picture number 0: what metrics are measured on."""

    place: int
    frame: int
    source_id: str
    key: str
    """What random parts of its metrics are drawn from."""


class LookedAtSplit(DenseSplit):
    """Pictures or windows of frames, and the density of where people looked at each."""

    truths: Truths

    @cached_property
    def pool(self) -> list[Shown]:
        """All frames of the dataset, of whichever split: among them are those that s-AUC compares with."""
        return self._pool()

    @abstractmethod
    def _pool(self) -> list[Shown]:
        """All frames of the dataset."""

    @abstractmethod
    def shown(self) -> list[Shown]:
        """This will give all frames of the split that metrics are measured on, each once, in the split's order."""

    def _truth_of(self, truth: NDArray[Any], view: View) -> NDArray[Any]:
        frames = truth if truth.ndim == 3 else truth[None]
        made = np.stack([density_in(map_HW, view) for map_HW in frames])
        return made if truth.ndim == 3 else made[0]


def density_in(map_HW: Floats, view: View) -> Floats:
    """This will give a view of a density, (H, W), which sums to 1 again; zeros where nothing of it is seen."""
    made_HW = np.zeros_like(map_HW)
    made_HW[view.onto.inside] = resized_map(map_HW[view.part.inside], view.onto.height, view.onto.width)
    return to_sum_1(made_HW[:, ::-1] if view.is_mirrored else made_HW)


def others_of(own: Shown, pool: Sequence[Shown], *, count: int = OTHERS) -> list[Shown]:
    """This will choose up to `count` other frames, from the frame's own key: of other sources, where there are any.

    Frames of one video are nearly the same picture: what is looked at there says nothing of other pictures.
    """
    random = np.random.default_rng(key_of(f"others/{own.key}"))
    drawn = dict.fromkeys(random.integers(len(pool), size=_DRAWN * count).tolist())
    chosen = [pool[place] for place in drawn if pool[place].source_id != own.source_id]
    if len(chosen) < count:  # there are few, or most are of its own source
        strange = [one for one in pool if one.source_id != own.source_id]
        strange = strange or [one for one in pool if one.key != own.key]
        chosen = [strange[place] for place in random.permutation(len(strange)).tolist()]
    return chosen[:count]
