"""Per sample, only the teacher counts whose window agrees most with the others'."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.decode import pairwise_iou


class MedoidAggregator(GroundingAggregator):
    """All weight on the teacher in the middle: t = argmax_t sum_{u != t} IoU(window_t, window_u).

    Paper: the set medoid (Kaufman and Rousseeuw, 1987) under 1 - IoU. Departure: none; it is here as the control
    without labels that a learned gate has to beat. Of equals the first listed counts, as where an ensemble is decoded,
    so with two teachers it is always the first, and it is symmetric only where no two agree as much.
    """

    symmetric = False

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will give one teacher per sample all weight, (B, 1, T)."""
        overlap_BTT = pairwise_iou(signals.windows_TBK2[:, :, 0].transpose(0, 1))
        with_others_BT = overlap_BTT.sum(2) - overlap_BTT.diagonal(dim1=1, dim2=2)
        chosen_B = with_others_BT.argmax(1)
        one_BT = torch.nn.functional.one_hot(chosen_B, len(signals.windows_TBK2))
        return one_BT.to(signals.log_joint_TBLL.dtype).unsqueeze(1)
