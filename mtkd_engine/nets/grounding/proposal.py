"""Windows proposed around every clip at several lengths, each with a score and corrected ends.

Zhang et al., SIGIR 2019 (CMIN, eq. 12 to 15): at every time step k anchors of fixed widths, a confidence and two
offsets each; its relatives are CBP (Wang et al., AAAI 2020), SCDM (Yuan et al., NeurIPS 2019), whose anchors sit
on a pyramid of convolutions, and DETR kinds, whose anchors are learned queries. Departures: lengths are shares of
the video (from one clip to all of it, each the same factor longer), so that one network serves videos of any
duration; an anchor is scored on the clips it covers, its mean beside its first and last clip, instead of on the
state at its middle alone; centre and logarithmic length are corrected, as in SCDM eq. 10, and both within bounds,
so that no window leaves the video or turns around; LayerNorm everywhere, and masks in every layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.layers import ChannelDropout
from mtkd_engine.nets.grounding.queried import QueriedClips, QueryEncoder
from mtkd_engine.nets.grounding.words import GivenWords
from mtkd_engine.nets.masking import NEG
from mtkd_engine.spec import ProposalNet

_OVERHANG = 0.25  # share of an anchor that may lie outside the video
_MOST_SHIFT = 0.5  # of the anchor's length
_MOST_STRETCH = 0.7  # of its logarithm


@dataclass(frozen=True)
class ProposalOutput:
    """Windows as shares of the duration, inside [0, 1], and their logits; NEG where `valid_BK` is false."""

    windows_BK2: Tensor
    scores_BK: Tensor
    valid_BK: Tensor
    clip_mask_BL: Tensor


def anchors_of(clips_B: Tensor, *, length: int, count: int) -> tuple[Tensor, Tensor]:
    """This will give anchors (B, L * count, 2) in clips, cut at the ends of the video, and which of them count.

    An anchor counts that is centred on a valid clip and lies outside the video with a quarter at most.
    """
    share_A = torch.arange(count, device=clips_B.device) / (count - 1)
    clips_B11 = clips_B.float()[:, None, None]
    half_B1A = 0.5 * clips_B11**share_A
    centre_L1 = (torch.arange(length, device=clips_B.device) + 0.5).unsqueeze(1)
    ends_BLA2 = torch.stack([centre_L1 - half_B1A, centre_L1 + half_B1A], dim=3)
    outside_BLA = torch.maximum(-ends_BLA2[..., 0], ends_BLA2[..., 1] - clips_B11)
    valid_BLA = (centre_L1 < clips_B11) & (outside_BLA <= 2 * _OVERHANG * half_B1A)
    inside_BLA2 = torch.minimum(ends_BLA2.clamp(min=0.0), clips_B11.unsqueeze(3))
    return inside_BLA2.flatten(1, 2), valid_BLA.flatten(1)


def covered(windows_BK2: Tensor, length: int) -> Tensor:
    """This will give (B, K, L): the share of each window (in clips) that lies on each clip; 0 for empty ones."""
    place_L = torch.arange(length, device=windows_BK2.device)
    start_BK1, stop_BK1 = windows_BK2[..., :1], windows_BK2[..., 1:]
    shared_BKL = torch.minimum(stop_BK1, place_L + 1) - torch.maximum(start_BK1, place_L)
    return shared_BKL.clamp(min=0.0) / (stop_BK1 - start_BK1).clamp(min=1e-6)


class ProposalModel(nn.Module):
    """Query vector, clips that met it, what anchors cover of them, one score and two corrections per anchor."""

    def __init__(
        self, net: ProposalNet, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
    ) -> None:
        super().__init__()
        width = net.width
        self.anchors = net.anchors
        self.query = QueryEncoder(vocabulary_size=vocabulary_size, width=width, given=given)
        self.clips = QueriedClips(
            feature_width=feature_width,
            width=width,
            layers=net.layers,
            kernel=net.kernel,
            dropout=net.dropout,
        )
        self.content = nn.Linear(width, width)
        self.first = nn.Linear(width, width, bias=False)
        self.last = nn.Linear(width, width, bias=False)
        self.size = nn.Parameter(0.02 * torch.randn(net.anchors, width))
        self.ask = nn.Linear(width, width)
        self.fused_norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.correct = nn.Linear(width, 2)
        nn.init.zeros_(self.correct.weight)
        nn.init.zeros_(self.correct.bias)
        self.dropout = ChannelDropout(net.dropout)

    def forward(self, inputs: GroundingInputs) -> ProposalOutput:
        """This will propose windows for each sample, anchors of a clip side by side, short ones first."""
        query_BC = self.query(inputs.words_BW, inputs.word_mask_BW)
        clips_BLC = self.clips(inputs.features_BLD, inputs.clip_mask_BL, query_BC)
        clips_BLC = clips_BLC * inputs.clip_mask_BL.unsqueeze(-1)  # anchors sum over clips
        anchors_BK2, valid_BK = anchors_of(inputs.clips_B, length=clips_BLC.shape[1], count=self.anchors)
        seen_BKC = self._seen(clips_BLC, anchors_BK2)
        fused_BKC = self.fused_norm(seen_BKC * self.ask(query_BC).unsqueeze(1))
        fused_BKC = fused_BKC + self.dropout(torch.relu(self.mix(fused_BKC)))
        scores_BK = self.score(fused_BKC).squeeze(-1).masked_fill(~valid_BK, NEG)
        windows_BK2 = _corrected(anchors_BK2, self.correct(fused_BKC), inputs.clips_B)
        windows_BK2 = windows_BK2.masked_fill(~valid_BK.unsqueeze(2), 0.0)
        return ProposalOutput(windows_BK2, scores_BK, valid_BK, inputs.clip_mask_BL)

    def _seen(self, clips_BLC: Tensor, anchors_BK2: Tensor) -> Tensor:
        length = clips_BLC.shape[1]
        start_BK1, stop_BK1 = anchors_BK2[..., :1], anchors_BK2[..., 1:]
        parts = (
            (self.content, anchors_BK2),
            (self.first, torch.cat([start_BK1, start_BK1 + 1.0], dim=2)),
            (self.last, torch.cat([stop_BK1 - 1.0, stop_BK1], dim=2)),
        )
        sized_KC = self.size.repeat(length, 1)
        seen = [covered(part_BK2, length) @ layer(clips_BLC) for layer, part_BK2 in parts]
        return torch.stack(seen).sum(0) + sized_KC


def _corrected(anchors_BK2: Tensor, raw_BK2: Tensor, clips_B: Tensor) -> Tensor:
    start_BK, stop_BK = anchors_BK2.unbind(2)
    shift_BK, stretch_BK = torch.tanh(raw_BK2).unbind(2)
    length_BK = stop_BK - start_BK
    limit_B1 = clips_B.to(length_BK.dtype).unsqueeze(1)
    centre_BK = (0.5 * (start_BK + stop_BK) + _MOST_SHIFT * shift_BK * length_BK) / limit_B1
    half_BK = 0.5 * length_BK * torch.exp(_MOST_STRETCH * stretch_BK) / limit_B1
    # The centre stays inside first: then the ends cannot meet.
    centre_BK = centre_BK.clamp(0.0, 1.0)
    return torch.stack([centre_BK - half_BK, centre_BK + half_BK], dim=2).clamp(0.0, 1.0)
