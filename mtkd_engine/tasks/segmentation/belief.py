"""The one form of every segmentation network's prediction: log-probabilities of the dataset's classes at each pixel.

Shape suffixes: B samples, C classes of the dataset, K of the network, H and W pixels; h and w those of a network.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.nets.dense.base import resized
from mtkd_engine.tasks.classification.classmap import ClassMap


def belief(logits_BKhw: Tensor, *, temperature: float, classes: ClassMap, height: int, width: int) -> Tensor:
    """This will give log softmax(z / temperature) over the dataset's classes, (B, C, height, width), float32.

    Logits of any stride are resized bilinearly before probabilities are made, as whole pictures; classes that the
    dataset has not are left out, so the rest sums to 1 at each pixel.
    """
    logits_BChw = classes.apply(logits_BKhw, dim=1).float()
    return torch.log_softmax(resized(logits_BChw, height, width) / temperature, dim=1)


def label_map(log_probs_BCHW: Tensor) -> Tensor:
    """This will give the likeliest class of each pixel, uint8 (B, H, W); the first of equals."""
    return log_probs_BCHW.argmax(1).to(torch.uint8)
