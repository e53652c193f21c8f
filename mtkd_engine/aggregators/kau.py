"""The Knowledge Aggregation Unit: weights per sample from video and query."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.nets.masking import masked_mean
from mtkd_engine.spec import KauPlusSpec, KauSpec
from mtkd_engine.tasks.grounding.collate import Targets


class KauAggregator(GroundingAggregator):
    """Multi-scale video gated by the query, pooled over time, one output per teacher (and boundary).

    Paper: EMTM, arXiv 2308.03725, section "Knowledge Aggregation Unit". Equation, with V the clips and Q the
    words of the shared encoder: h = mean_l(sum_k relu(norm(conv_k V)) * relu(norm(W mean_w Q))), w =
    softmax_t(mlp(h)). Departures from the released code, and why: it averaged over *channels* and put a dense
    layer over positions, which fixes the length of videos and reads padding: here the average is over valid
    clips. Its norm was BatchNorm with frozen statistics and its maximum over words had no mask: here
    LayerNorm over the channels of each position and a masked mean. The last layer starts at zero, so that
    weights are uniform at first and identical teachers keep equal shares. Not symmetric: each output row
    belongs to a teacher by its place.
    """

    symmetric = False
    needs_features = True
    takes_features = True
    trained = True

    def __init__(self, spec: KauSpec | KauPlusSpec, *, teachers: int, feature_width: int) -> None:
        super().__init__()
        self.boundaries = spec.boundaries
        self.convs = nn.ModuleList(
            nn.Conv1d(feature_width, spec.width, kernel, padding=kernel // 2) for kernel in spec.kernels
        )
        self.norms = nn.ModuleList(nn.LayerNorm(spec.width) for _ in spec.kernels)
        self.query = nn.Sequential(nn.Linear(feature_width, spec.width), nn.LayerNorm(spec.width), nn.ReLU())
        self.hidden = nn.Sequential(nn.Linear(spec.width, spec.hidden), nn.ReLU())
        self.output = nn.Linear(spec.hidden, spec.boundaries * teachers)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample, (B, boundaries, T)."""
        assert context is not None
        return torch.softmax(self.scores(context), dim=2)

    def scores(self, context: Context) -> Tensor:
        """This will score the teachers of each sample by video and query alone, (B, boundaries, T)."""
        clips_BCL = context.video_BLC.masked_fill(~context.clip_mask_BL.unsqueeze(-1), 0.0).transpose(1, 2)
        scales = [
            torch.relu(norm(conv(clips_BCL).transpose(1, 2)))
            for conv, norm in zip(self.convs, self.norms, strict=True)
        ]
        gate_BC = self.query(masked_mean(context.query_BWC, context.word_mask_BW))
        seen_BLC = torch.stack(scales).sum(0) * gate_BC.unsqueeze(1)
        scores_BN: Tensor = self.output(self.hidden(masked_mean(seen_BLC, context.clip_mask_BL)))
        return scores_BN.view(len(scores_BN), self.boundaries, -1)
