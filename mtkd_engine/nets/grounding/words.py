"""Words as vectors: learned, or given with the dataset and frozen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class GivenWords:
    """The last `count` words of a vocabulary have given vectors of this width."""

    count: int
    width: int


class WordEmbedding(nn.Embedding):
    """From word ids to vectors of the network's width; padding is zero.

    Without `given`, one learned table. With it, the words without a given vector have learned ones of the same
    width (<unk> is one of them), given vectors are no parameters, and one linear map leads to the network's width.
    """

    given_GW: Tensor

    def __init__(self, vocabulary_size: int, width: int, *, given: GivenWords | None = None) -> None:
        learned = vocabulary_size - (given.count if given else 0)
        super().__init__(learned, given.width if given else width, padding_idx=0)
        self.project: nn.Linear | None = None
        if given is not None:
            self.register_buffer("given_GW", torch.zeros(given.count, given.width))
            self.project = nn.Linear(given.width, width, bias=False)

    def set(self, vectors_GW: Tensor) -> None:
        """This will take over the given vectors; all of them by one factor, to the size of learned ones."""
        size = vectors_GW.double().square().mean().sqrt().clamp_min(torch.finfo(torch.float32).tiny)
        self.given_GW.copy_(vectors_GW.double() / size)

    def forward(self, words_BW: Tensor) -> Tensor:
        """This will give (B, W, C)."""
        if self.project is None:
            return super().forward(words_BW)
        learned_BWV = super().forward(words_BW.clamp(max=self.num_embeddings - 1))
        place_BW = words_BW - self.num_embeddings
        given_BWV = self.given_GW[place_BW.clamp(min=0)]
        projected: Tensor = self.project(torch.where((place_BW >= 0).unsqueeze(-1), given_BWV, learned_BWV))
        return projected
