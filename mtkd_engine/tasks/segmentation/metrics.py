"""How good label maps are: intersection over union, and which share of pixels is right; at full resolution.

The definitions are the field's: void pixels count for nothing; counts are summed over a split before anything is
divided; the mean IoU is that of classes which occur in truth or prediction, so a class that a split lacks is left
out unless something is called so.

Shape suffixes: B samples of a batch, N of a split, C classes, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.nets.dense.base import resized
from mtkd_engine.tasks.segmentation.belief import label_map

MOST_AT_ONCE = 2**26
"""Numbers of beliefs that are resized to the size of masks at a time."""


@dataclass(frozen=True)
class ClassRow:
    """One class of a split, in pixels that have a truth."""

    name: str
    pixels: int
    predicted: int
    iou: float | None
    """None where the class is neither there nor predicted."""
    accuracy: float | None
    """The share of its pixels that is found; None where there are none."""


@dataclass(frozen=True)
class Confusion:
    """Pixels counted by class, sample by sample; of a batch or, joined, of a split. Void pixels are left out."""

    common_NC: Tensor
    """Pixels of each class that are called so, int64."""
    truth_NC: Tensor
    """Pixels of each class."""
    predicted_NC: Tensor
    """Pixels that are called each class."""
    cells_CC: Tensor
    """Pixels of each class (rows) that are called each class (columns), of all samples."""

    @classmethod
    def of(cls, predicted_BHW: Tensor, truth_BHW: Tensor, *, classes: int) -> Confusion:
        """This will count predicted classes against the truth, both uint8, on their device."""
        count = len(truth_BHW)
        number_B = torch.arange(count, device=truth_BHW.device).view(-1, 1, 1)
        cell_BHW = (number_B * classes + truth_BHW) * classes + predicted_BHW
        cell_M = cell_BHW[truth_BHW != VOID]
        cells_BCC = torch.bincount(cell_M, minlength=count * classes**2).view(count, classes, classes)
        return cls(cells_BCC.diagonal(dim1=1, dim2=2), cells_BCC.sum(2), cells_BCC.sum(1), cells_BCC.sum(0))

    @classmethod
    def at_full(cls, log_probs_BCHW: Tensor, truths: Sequence[Tensor]) -> Confusion:
        """This will count what a belief says at the size of each sample's own mask, uint8 (h, w) each.

        Beliefs are resized bilinearly before a class is chosen.
        """
        classes = log_probs_BCHW.shape[1]
        parts = []
        for run in _alike(truths, classes=classes):
            whole_BCHW = resized(log_probs_BCHW[run].detach(), *truths[run.start].shape)
            parts.append(cls.of(label_map(whole_BCHW), torch.stack(list(truths[run])), classes=classes))
        return parts[0] if len(parts) == 1 else cls.joined(parts)

    @staticmethod
    def joined(parts: Sequence[Confusion]) -> Confusion:
        """This will put parts of a split behind each other, in host memory."""
        assert parts, "a split has samples"
        return Confusion(
            torch.cat([part.common_NC for part in parts]).cpu(),
            torch.cat([part.truth_NC for part in parts]).cpu(),
            torch.cat([part.predicted_NC for part in parts]).cpu(),
            torch.stack([part.cells_CC for part in parts]).sum(0).cpu(),
        )

    @property
    def values(self) -> dict[str, float]:
        """`miou`, `pixel_accuracy` and `class_accuracy`, 0..1; nan where no pixel has a truth.

        `class_accuracy` is the mean share of pixels found, over classes that occur in the truth.
        """
        common_C, truth_C, either_C = (part.sum(0).double() for part in self._parts())
        return {
            "miou": _mean(common_C, either_C),
            "pixel_accuracy": float(common_C.sum() / truth_C.sum()),
            "class_accuracy": _mean(common_C, truth_C),
        }

    @property
    def quality_N(self) -> Tensor:
        """The mean IoU of each sample over the classes that occur in its truth, float32; 0 where nothing is told."""
        common_NC, truth_NC, either_NC = (part.double() for part in self._parts())
        is_there_NC = truth_NC > 0
        iou_NC = torch.where(is_there_NC, common_NC / either_NC.clamp(min=1), 0.0)
        return (iou_NC.sum(1) / is_there_NC.sum(1).clamp(min=1)).float()

    @property
    def right_N(self) -> Tensor:
        """The share of each sample's told pixels that is right, float32; 0 where nothing is told."""
        return (self.common_NC.sum(1).double() / self.truth_NC.sum(1).clamp(min=1)).float()

    def by_class(self, names: Sequence[str]) -> list[ClassRow]:
        """This will give the table of classes, in their order; `names` are those of all C."""
        common_C, truth_C, either_C = (part.sum(0).tolist() for part in self._parts())
        predicted_C = self.predicted_NC.sum(0).tolist()
        return [
            ClassRow(
                name,
                truth,
                predicted,
                common / either if either else None,
                common / truth if truth else None,
            )
            for name, common, truth, predicted, either in zip(
                names, common_C, truth_C, predicted_C, either_C, strict=True
            )
        ]

    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """What is both, what is there, and what is either."""
        return self.common_NC, self.truth_NC, self.truth_NC + self.predicted_NC - self.common_NC


def _alike(truths: Sequence[Tensor], *, classes: int) -> Iterator[slice]:
    """Samples that follow each other and have masks of one size, as many at a time as memory is meant for."""
    start = 0
    for place, truth in enumerate(truths):
        most = max(1, MOST_AT_ONCE // (classes * truth.numel()))
        if truth.shape != truths[start].shape or place - start == most:
            yield slice(start, place)
            start = place
    yield slice(start, len(truths))


def _mean(found_C: Tensor, of_C: Tensor) -> float:
    """The mean share over classes that there is something of."""
    return float((found_C / of_C)[of_C > 0].mean())
