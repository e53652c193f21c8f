"""Where networks are cut into substages, and what a teacher says of maps that are put in after one of its own.

Maps are (B, D, L, H, W): B samples, D channels, L moments in time, H and W positions. C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.stages import folded, head_part, spread, stages_of
from mtkd_engine.spec.classification.inputs import FeatureInput, ImageInput
from mtkd_engine.spec.classification.kinds import AnyInput
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.inputs import to_input


@dataclass(frozen=True)
class Cut:
    """A network and the paths of its substages, in their order."""

    net: Classifier
    paths: tuple[str, ...]

    @classmethod
    def of(cls, net: Classifier) -> Cut:
        """This will cut a network where it has its stages; raises SpecError, field `net`, where it has none."""
        return cls(net, tuple(stages_of(net)))

    def __len__(self) -> int:
        return len(self.paths)

    def maps(self, k: int, taps: Mapping[str, Tensor]) -> Tensor:
        """This will give the maps after substage k, from 1, of what taps gave: (B, D, L, H, W) in single precision."""
        maps = spread(self.net, taps[self.paths[k - 1]].float())
        if maps.dim() == 3:  # (B, D, L)
            return maps[..., None, None]
        return maps.unsqueeze(2) if maps.dim() == 4 else maps

    def partner(self, k: int, *, of: int) -> int:
        """This will give the own substage that corresponds to k of so many: the last one to the last one."""
        return -(-k * len(self) // of)


@dataclass(frozen=True, kw_only=True)
class Tutor:
    """A teacher that runs beside the student, cut into substages; its network is frozen by this."""

    name: str
    cut: Cut
    reads: AnyInput
    temperature: float
    """By which its logits are divided, as those of its beliefs are."""
    classes: ClassMap

    def __post_init__(self) -> None:
        self.cut.net.eval().requires_grad_(False)

    def after(self, k: int, maps_BDLHW: Tensor, batch: ClassBatch) -> Tensor:
        """This will give the belief that its substages from k + 1 on have of maps in the place of its own.

        Log-probabilities (B, C) of the dataset's classes; the gradient reaches the maps, whose sizes are its own.
        """
        maps, given = maps_BDLHW, None
        if isinstance(self.reads, ImageInput):
            maps = maps.squeeze(2)
        elif isinstance(self.reads, FeatureInput):
            maps = maps.flatten(2)
            given = to_input(batch.inputs, self.reads)  # says where each clip ends
        logits = head_part(self.cut.net, k)(folded(self.cut.net, maps), given)
        return belief(logits, temperature=self.temperature, classes=self.classes)
