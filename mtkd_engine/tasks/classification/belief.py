"""The one form that every classifier's prediction is brought into: log-probabilities of the dataset's classes."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.classification.classmap import ClassMap


def belief(logits: Tensor, *, temperature: float, classes: ClassMap) -> Tensor:
    """This will give log softmax(z / temperature) over the dataset's classes, (..., C), float32.

    `logits` are (..., K) over the teacher's own classes; those that the dataset has not are left out before
    probabilities are made, so the rest sums to 1.
    """
    return torch.log_softmax(classes.apply(logits).float() / temperature, dim=-1)
