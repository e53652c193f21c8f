"""How classifiers look from outside: normalised images of a fixed size in, logits out, any number at once.

Those that read clips have a form of their own in `clips`.

Shape suffixes: B samples, C channels (classes of logits), H and W pixels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.export.classification.clips import clip_form, common_feeding
from mtkd_engine.export.form import BATCH, Form
from mtkd_engine.spec import ClassifierCard, ImageInput

_PREPARING = (
    "RGB, upright, transparency laid over white; the square in the middle, resized to size x size pixels (bilinear, "
    "smoothed where it shrinks); grey = 0.299 R + 0.587 G + 0.114 B where there is one channel; "
    "(value / 255 - mean) / std per channel"
)


def classifier_form(card: ClassifierCard) -> Form:
    """This will say what the network of a card is fed with."""
    reads = card.input
    if not isinstance(reads, ImageInput):
        return clip_form(card, reads)
    return Form(
        inputs=("images",),
        outputs=("logits",),
        # A batch of 0 or 1 would be taken for a constant.
        example=(torch.zeros(2, reads.channels, reads.size, reads.size),),
        free=({0: BATCH},),
        feeding=_feeding(card, reads),
        plain=_Plain,
        given=lambda images_BCHW: (images_BCHW.cpu().contiguous(),),
    )


def _feeding(card: ClassifierCard, reads: ImageInput) -> dict[str, Any]:
    """Inputs, preprocessing, outputs and their reading; class names are in the card."""
    return {
        **common_feeding(card),
        "inputs": {"images": {"type": "float32", "shape": ["batch", reads.channels, reads.size, reads.size]}},
        "image": {
            "size": reads.size,
            "channels": reads.channels,
            "mean": list(reads.mean),
            "std": list(reads.std),
            "preparing": _PREPARING,
        },
    }


class _Plain(nn.Module):
    """A classifier whose logits come as the only one of its outputs."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images_BCHW: Tensor) -> tuple[Tensor]:
        return (self.model(images_BCHW),)
