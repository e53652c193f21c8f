"""Teachers that are surer of a sample count more on it."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import entropies
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals

_NOTHING = 1e-12


class EntropyAggregator(ClassAggregator):
    """EBKD: w_t = (1 - H_t / sum_j H_j) / (T - 1), with H_t the entropy of teacher t's belief at temperature 1.

    Paper: Kwon et al., "Adaptive knowledge distillation based on entropy", ICASSP 2020, of which there is no public
    code; the formula is that by which it is compared with elsewhere. Departures: divided by T - 1, so that weights
    sum to 1 (compared code divides by T: `scale` of the spec); where all are sure of one class each (no entropy at
    all) they share equally, and so does a teacher on its own, for which the formula has no value. No weight is above
    1 / (T - 1). `sharp` asks for w = softmax_t(-H_t) in its place, which is often taken for it.
    """

    def __init__(self, *, sharp: bool = False) -> None:
        super().__init__()
        self.sharp = sharp

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by their own entropies, (B, 1, T)."""
        entropies_TB = entropies(signals)
        if self.sharp:
            return torch.softmax(-entropies_TB, dim=0).T.unsqueeze(1)
        teachers = len(entropies_TB)
        equal_TB = torch.full_like(entropies_TB, 1.0 / teachers)
        if teachers == 1:
            return equal_TB.T.unsqueeze(1)
        total_B = entropies_TB.sum(0)
        weights_TB = (1 - entropies_TB / total_B.clamp(min=_NOTHING)) / (teachers - 1)
        return torch.where(total_B > _NOTHING, weights_TB, equal_TB).T.unsqueeze(1)
