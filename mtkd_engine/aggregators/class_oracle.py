"""Per sample, only the teacher counts that is best by the label."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import misses
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals


class ClassOracleAggregator(ClassAggregator):
    """All weight on the best: w_t = 1 / N for the N teachers with the smallest CE_t among those that are right.

    Paper: none; the usual upper bound of choosing among an ensemble. No method: it reads the labels of whatever it
    weighs, test samples included. Right are those whose likeliest class is the label (has the largest share of it,
    where images were mixed); where nobody is, all are asked. So its belief is right wherever any teacher is.
    """

    needs_labels = True

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will share the weight of each sample among its best teachers, (B, 1, T)."""
        assert labels is not None
        truth_B = labels if labels.dim() == 1 else labels.argmax(1)
        wrong_TB = signals.log_probs_TBC.argmax(2) != truth_B
        misses_TB = misses(signals, labels)
        asked_TB = torch.where(wrong_TB & ~wrong_TB.all(0), torch.inf, misses_TB)
        best_BT = (asked_TB == asked_TB.amin(0)).T.to(signals.like.dtype)
        return (best_BT / best_BT.sum(1, keepdim=True)).unsqueeze(1)
