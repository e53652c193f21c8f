"""A sentence as one vector, and clips that have met it: where networks of windows begin."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding.layers import ChannelDropout, FeatureScale, sinusoids
from mtkd_engine.nets.grounding.words import GivenWords, WordEmbedding
from mtkd_engine.nets.masking import masked_mean


class QueryEncoder(nn.Module):
    """One vector per sentence: a GRU read from left to right, averaged over its words."""

    def __init__(self, *, vocabulary_size: int, width: int, given: GivenWords | None = None) -> None:
        super().__init__()
        self.words = WordEmbedding(vocabulary_size, width, given=given)
        self.gru = nn.GRU(width, width, batch_first=True)

    def forward(self, words_BW: Tensor, mask_BW: Tensor) -> Tensor:
        """This will give (B, C); padding lies at the end, where a GRU has not read it yet."""
        states_BWC, _ = self.gru(self.words(words_BW * mask_BW))
        return masked_mean(states_BWC, mask_BW)


class QueriedClips(nn.Module):
    """Clips that have met the query, with convolutions that each look twice as far as the one before."""

    def __init__(self, *, feature_width: int, width: int, layers: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.scale = FeatureScale(feature_width)
        self.project = nn.Linear(feature_width, width)
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.convs = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2 * 2**layer, dilation=2**layer)
            for layer in range(layers)
        )
        self.dropout = ChannelDropout(dropout)

    def forward(self, features_BLD: Tensor, mask_BL: Tensor, query_BC: Tensor) -> Tensor:
        """This will give (B, L, C)."""
        kept_BL1 = mask_BL.unsqueeze(-1)
        clips_BLC = self.norm(self.project(self.scale(features_BLD.masked_fill(~kept_BL1, 0.0))))
        clips_BLC = clips_BLC + clips_BLC * self.ask(query_BC).unsqueeze(1)
        clips_BLC = self.dropout(
            clips_BLC + sinusoids(clips_BLC.shape[1], clips_BLC.shape[2], clips_BLC.device)
        )
        for norm, conv in zip(self.norms, self.convs, strict=True):
            inner_BCL = (norm(clips_BLC) * kept_BL1).transpose(1, 2)
            clips_BLC = clips_BLC + self.dropout(torch.relu(conv(inner_BCL).transpose(1, 2)))
        encoded_BLC: Tensor = clips_BLC
        return encoded_BLC
