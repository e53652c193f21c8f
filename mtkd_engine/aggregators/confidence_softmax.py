"""Teachers count by the probability that they give to the label."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import misses
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals


class ConfidenceSoftmaxAggregator(ClassAggregator):
    """w = softmax_t(-CE_t) = p_t[y] / sum_j p_j[y], with CE_t = -log p_t[y] at temperature 1.

    Paper: none under this name; surveys and guides give it as CA-MKD, which it equals for two teachers only. It can
    put all weight on one teacher, as a Bayesian would who has seen the label. Mixed labels give a mixed CE.
    """

    needs_labels = True

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by how near they come to its label, (B, 1, T)."""
        assert labels is not None
        return torch.softmax(-misses(signals, labels), dim=0).T.unsqueeze(1)
