"""Per sample, only the teachers count that are best by the labels."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.decode import pairwise_iou


class OracleAggregator(GroundingAggregator):
    """All weight on the best: w_t = 1 / N for the N teachers with the largest IoU(window_t, a true window).

    Paper: none; the usual upper bound of choosing among an ensemble. No method: it reads the labels of whatever it
    weighs, test samples included. Of several true windows of a sample the one that a teacher overlaps most counts;
    where no teacher overlaps any, all share.
    """

    needs_labels = True

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will share the weight of each sample among its best teachers, (B, 1, T)."""
        assert labels is not None
        windows_BT2 = signals.windows_TBK2[:, :, 0].transpose(0, 1)
        teachers = windows_BT2.shape[1]
        both_BN2 = torch.cat([windows_BT2, labels.windows_BM2], dim=1)
        both_BN2 = torch.minimum(both_BN2, labels.durations_B[:, None, None])  # as the evaluator does
        overlap_BT = pairwise_iou(both_BN2)[:, :teachers, teachers:].amax(2)
        best_BT = (overlap_BT == overlap_BT.amax(1, keepdim=True)).to(signals.log_joint_TBLL.dtype)
        return (best_BT / best_BT.sum(1, keepdim=True)).unsqueeze(1)
