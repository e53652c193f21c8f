"""Small headers and made-up beliefs for tests of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.cache.rows.header import Header


def header_of(**changes: Any) -> Header:
    """This will describe 600 samples of 10 classes, as they are."""
    stated: dict[str, Any] = {
        "sources": (("teacher", 1.0),),
        "dataset": "dataset",
        "split": "train",
        "samples": "ids",
        "count": 600,
        "classes": 10,
        "class_maps": "maps",
        "inputs": "inputs",
        "size": 8,
    }
    return Header(**(stated | changes))


class Oracle:
    """Says something else of every sample in every view, always the same, and counts how often it is asked."""

    def __init__(self, *, classes: int = 10, scale: float = 3.0) -> None:
        self.classes, self.scale = classes, scale
        self.asked: list[tuple[int, int]] = []

    def __call__(self, view: int, indices: Sequence[int]) -> Tensor:
        self.asked.append((view, indices[0]))
        return self.says(view, indices)

    def says(self, view: int, indices: Sequence[int]) -> Tensor:
        """This will give log p (B, C)."""
        row_B1 = torch.tensor(list(indices), dtype=torch.float64).unsqueeze(1)
        class_C = torch.arange(1, self.classes + 1, dtype=torch.float64)
        logits_BC = self.scale * torch.sin(12.9898 * (row_B1 + 1) * class_C + 78.233 * view)
        return torch.log_softmax(logits_BC, dim=-1).float()
