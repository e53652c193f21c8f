"""Every clip regresses the window that it lies in, with a score of how well it does.

Zeng et al., CVPR 2020 (DRN, eq. 1 and 2): every frame inside the moment regresses its distances to both ends, and a
score says which frame to believe; its relatives regress once per video (LGI, Mun et al., CVPR 2020, from attended
features) or from learned queries (Moment-DETR, Lei et al., NeurIPS 2021, centre and width). Departures: centre and
width are regressed, as shares of the duration, in such a way that the window meets its clip (distances to both ends
that are never negative say the same); one level of dilated convolutions and one of attention instead of a pyramid,
since shares know no scale; one score instead of matching times predicted IoU, given on what the window covers beside
the clip itself; LayerNorm everywhere, and masks in every layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.layers import AttentionBlock, ChannelDropout
from mtkd_engine.nets.grounding.proposal import ProposalOutput, covered
from mtkd_engine.nets.grounding.queried import QueriedClips, QueryEncoder
from mtkd_engine.nets.grounding.words import GivenWords
from mtkd_engine.nets.masking import NEG
from mtkd_engine.spec import RegressionNet


@dataclass(frozen=True)
class RegressionOutput(ProposalOutput):
    """One window for each clip, in the order of clips; `valid_BK` is `clip_mask_BL`."""


class RegressionModel(nn.Module):
    """Query vector, clips that met it and each other, one window per clip, one score for what it covers."""

    def __init__(
        self, net: RegressionNet, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
    ) -> None:
        super().__init__()
        width = net.width
        self.query = QueryEncoder(vocabulary_size=vocabulary_size, width=width, given=given)
        self.clips = QueriedClips(
            feature_width=feature_width,
            width=width,
            layers=net.layers,
            kernel=net.kernel,
            dropout=net.dropout,
        )
        self.attend = AttentionBlock(width, 1, net.dropout)
        self.inside = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )
        self.own = nn.Linear(width, width)
        self.content = nn.Linear(width, width, bias=False)
        self.ask = nn.Linear(width, width)
        self.fused_norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.dropout = ChannelDropout(net.dropout)

    def forward(self, inputs: GroundingInputs) -> RegressionOutput:
        """This will give one scored window for each clip of each sample."""
        mask_BL = inputs.clip_mask_BL
        query_BC = self.query(inputs.words_BW, inputs.word_mask_BW)
        clips_BLC = self.clips(inputs.features_BLD, mask_BL, query_BC)
        clips_BLC = self.attend(clips_BLC, mask_BL) * mask_BL.unsqueeze(-1)  # windows sum over clips
        windows_BL2 = windows_of(self.inside(clips_BLC), inputs.clips_B)
        # Scores say how good a window is; they do not move it.
        covered_BLL = covered(windows_BL2.detach() * inputs.clips_B[:, None, None], clips_BLC.shape[1])
        seen_BLC = self.own(clips_BLC) + covered_BLL @ self.content(clips_BLC)
        fused_BLC = self.fused_norm(seen_BLC * self.ask(query_BC).unsqueeze(1))
        fused_BLC = fused_BLC + self.dropout(torch.relu(self.mix(fused_BLC)))
        scores_BL = self.score(fused_BLC).squeeze(-1).masked_fill(~mask_BL, NEG)
        windows_BL2 = windows_BL2.masked_fill(~mask_BL.unsqueeze(2), 0.0)
        return RegressionOutput(windows_BL2, scores_BL, mask_BL, mask_BL)


def windows_of(raw_BL2: Tensor, clips_B: Tensor) -> Tensor:
    """This will turn two numbers a clip into a window (B, L, 2) as shares of the duration that meets the clip.

    The second is the width on the logistic scale, the first says where the clip lies in the window: 0 in its middle,
    far below at its end, far above at its start.
    """
    place_L = torch.arange(raw_BL2.shape[1], device=raw_BL2.device)
    clips_B1 = clips_B.to(raw_BL2.dtype).unsqueeze(1)
    width_BL = torch.sigmoid(raw_BL2[..., 1])
    away_BL = torch.tanh(raw_BL2[..., 0]) * 0.5 * (width_BL + 1.0 / clips_B1)
    # The centre stays inside first: then the ends cannot meet.
    centre_BL = ((place_L + 0.5) / clips_B1 + away_BL).clamp(0.0, 1.0)
    half_BL = 0.5 * width_BL
    return torch.stack([centre_BL - half_BL, centre_BL + half_BL], dim=2).clamp(0.0, 1.0)
