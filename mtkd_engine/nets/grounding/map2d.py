"""Scores for all windows at once on a 2-D temporal map.

Zhang et al., AAAI 2020 (2D-TAN): a map whose cell (i, j) holds the max-pooled clips i..j, multiplied with the
query and convolved. Departures: start and end clips are stacked onto the pooled content; the query also meets
the clips before pooling (a map convolution alone sees too little to tell "after" from "before"); LayerNorm
instead of L2 normalisation; cells that are no windows are zero before every convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.layers import ChannelDropout, FeatureScale, sinusoids
from mtkd_engine.nets.grounding.words import GivenWords, WordEmbedding
from mtkd_engine.nets.masking import NEG, masked_mean, upper_triangle
from mtkd_engine.spec import Map2dNet

_DILATIONS = (1, 2, 4)


@dataclass(frozen=True)
class Map2dOutput:
    """Logits of the windows (first clip, last clip); NEG where there is no window."""

    map_BLL: Tensor
    clip_mask_BL: Tensor


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


class ClipEncoder(nn.Module):
    """Clips that have met the query, with dilated convolutions for what happened before and after."""

    def __init__(self, net: Map2dNet, *, feature_width: int) -> None:
        super().__init__()
        width = net.width
        self.scale = FeatureScale(feature_width)
        self.project = nn.Linear(feature_width, width)
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in _DILATIONS)
        self.convs = nn.ModuleList(
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation) for dilation in _DILATIONS
        )
        self.dropout = ChannelDropout(net.dropout)

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


def pool_windows(clips_BLC: Tensor) -> Tensor:
    """This will give (B, L, L, C): the maximum of clips first..last, 0 where first > last."""
    length = clips_BLC.shape[1]
    first_1L1 = torch.arange(length, device=clips_BLC.device)[None, :, None]
    running_BLC = torch.full_like(clips_BLC, NEG)
    columns: list[Tensor] = []
    for last in range(length):
        clip_BLC = clips_BLC[:, last : last + 1].masked_fill(first_1L1 > last, NEG)
        running_BLC = torch.maximum(running_BLC, clip_BLC)
        columns.append(running_BLC)
    below_LL1 = first_1L1[0] > torch.arange(length, device=clips_BLC.device)[None, :]
    return torch.stack(columns, dim=2).masked_fill(below_LL1.unsqueeze(-1), 0.0)


class Map2dModel(nn.Module):
    """Query vector, clips that met it, map of all windows, 2-D convolutions, one logit per window."""

    def __init__(
        self, net: Map2dNet, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
    ) -> None:
        super().__init__()
        width = net.width
        self.query = QueryEncoder(vocabulary_size=vocabulary_size, width=width, given=given)
        self.clips = ClipEncoder(net, feature_width=feature_width)
        self.content = nn.Linear(width, width)
        self.first = nn.Linear(width, width, bias=False)
        self.last = nn.Linear(width, width, bias=False)
        self.ask = nn.Linear(width, width)
        self.fused_norm = nn.LayerNorm(width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(net.map_layers))
        self.convs = nn.ModuleList(
            nn.Conv2d(width, width, net.kernel, padding=net.kernel // 2) for _ in range(net.map_layers)
        )
        self.score = nn.Linear(width, 1)
        self.dropout = ChannelDropout(net.dropout)

    def forward(self, inputs: GroundingInputs) -> Map2dOutput:
        """This will score all windows of each sample."""
        query_BC = self.query(inputs.words_BW, inputs.word_mask_BW)
        clips_BLC = self.clips(inputs.features_BLD, inputs.clip_mask_BL, query_BC)
        windows_BLLC = (
            self.content(pool_windows(clips_BLC))
            + self.first(clips_BLC).unsqueeze(2)
            + self.last(clips_BLC).unsqueeze(1)
        )
        fused_BLLC = self.fused_norm(windows_BLLC * self.ask(query_BC)[:, None, None, :])
        valid_BLL = upper_triangle(inputs.clip_mask_BL)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            inner_BCLL = (norm(fused_BLLC) * valid_BLL.unsqueeze(-1)).permute(0, 3, 1, 2)
            fused_BLLC = fused_BLLC + self.dropout(torch.relu(conv(inner_BCLL).permute(0, 2, 3, 1)))
        map_BLL = self.score(fused_BLLC).squeeze(-1).masked_fill(~valid_BLL, NEG)
        return Map2dOutput(map_BLL, inputs.clip_mask_BL)
