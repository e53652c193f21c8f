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
from mtkd_engine.nets.grounding.layers import ChannelDropout
from mtkd_engine.nets.grounding.queried import QueriedClips, QueryEncoder
from mtkd_engine.nets.grounding.words import GivenWords
from mtkd_engine.nets.masking import NEG, upper_triangle
from mtkd_engine.spec import Map2dNet

_LAYERS, _KERNEL = 3, 3


@dataclass(frozen=True)
class Map2dOutput:
    """Logits of the windows (first clip, last clip); NEG where there is no window."""

    map_BLL: Tensor
    clip_mask_BL: Tensor


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
        self.clips = QueriedClips(
            feature_width=feature_width, width=width, layers=_LAYERS, kernel=_KERNEL, dropout=net.dropout
        )
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
