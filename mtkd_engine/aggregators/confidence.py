"""Teachers that miss the label of a sample count less on it."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import misses
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals


class ConfidenceAggregator(ClassAggregator):
    """CA-MKD: w_t = (1 - softmax_t(CE_t)) / (T - 1), with CE_t = -log p_t[y] at temperature 1.

    Paper: Zhang, Chen, Wang, "Confidence-aware multi-teacher knowledge distillation", ICASSP 2022, arXiv 2201.00007,
    equation 3. It only shuts out bad teachers: no weight is above 1 / (T - 1), so that one good teacher beside two
    bad ones gets less than half. Departures: the released code divides the loss by T once more (`scale` of the spec);
    a teacher on its own has weight 1; the weights of feature losses are the same ones, where the paper runs the
    student's features through each teacher's classifier. Mixed labels give a mixed CE.
    """

    needs_labels = True

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by how far they miss its label, (B, 1, T)."""
        assert labels is not None
        misses_BT = misses(signals, labels).T
        others = misses_BT.shape[1] - 1
        if not others:
            return torch.ones_like(misses_BT).unsqueeze(1)
        return ((1 - torch.softmax(misses_BT, dim=1)) / others).unsqueeze(1)
