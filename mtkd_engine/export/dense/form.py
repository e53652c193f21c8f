"""How dense networks look from outside: normalised pictures or frames of a fixed size in, logits of cells out.

Shape suffixes: B samples, T frames, C channels, H and W pixels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.export.feeding import OPSET
from mtkd_engine.export.form import BATCH, Form
from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.spec import FilmInput, SegmenterCard

_PREPARING = (
    "RGB, upright, transparency laid over white; all of it resized to height x width pixels without keeping its "
    "proportions (bilinear, smoothed where it shrinks); (value / 255 - mean) / std per channel"
)
_FRAMES = "; up to so many frames that follow each other"
_CLASSES = (
    "logits are cells of the whole picture: bring them to its size by bilinear interpolation (corners not aligned); "
    "probability of a class at a pixel: softmax over classes of logits / temperature"
)
_MAPS = (
    "logits are cells of the whole picture: bring them to its size by bilinear interpolation (corners not aligned); "
    "share of looks at a pixel: softmax over all pixels of a frame of logits / temperature"
)


def dense_form(card: AnyDenseCard) -> Form:
    """This will say what the network of a card is fed with."""
    reads = card.input
    is_film = isinstance(reads, FilmInput)
    size = (3, reads.height, reads.width)
    shape = (2, reads.frames, *size) if isinstance(reads, FilmInput) else (2, *size)
    return Form(
        inputs=("frames" if is_film else "picture",),
        outputs=("logits",),
        # A batch of 0 or 1 would be taken for a constant.
        example=(torch.zeros(shape),),
        free=({0: BATCH},),
        feeding=_feeding(card),
        plain=_Plain,
        given=lambda given: (given.cpu().contiguous(),),
    )


def _feeding(card: AnyDenseCard) -> dict[str, Any]:
    """Inputs, preprocessing, outputs and their reading; class names are in the card."""
    reads = card.input
    told = {
        "height": reads.height,
        "width": reads.width,
        "mean": list(reads.mean),
        "std": list(reads.std),
        "preparing": _PREPARING,
    }
    common = {
        "format": "mtkd.feeding/1",
        "opset": OPSET,
        "task": card.task,
        "family": card.net.family,
        "outputs": ["logits"],
        "temperature": card.temperature,
    }
    if isinstance(card, SegmenterCard):
        common |= {
            "classes": "the list `classes` of the card, in the order of the logits",
            "reading": _CLASSES,
        }
    else:
        common |= {"reading": _MAPS}
    size: list[Any] = [3, reads.height, reads.width]
    if isinstance(reads, FilmInput):
        told |= {"frames": reads.frames, "preparing": _PREPARING + _FRAMES}
        shape = ["batch", reads.frames, *size]
        return {**common, "inputs": {"frames": {"type": "float32", "shape": shape}}, "film": told}
    return {**common, "inputs": {"picture": {"type": "float32", "shape": ["batch", *size]}}, "picture": told}


class _Plain(nn.Module):
    """A network whose logits come as the only one of its outputs."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, given: Tensor) -> tuple[Tensor]:
        return (self.model(given),)
