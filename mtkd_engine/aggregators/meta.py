"""A meta-network that weighs teachers by what they and the student say.

Shape suffixes: T teachers, B samples, C classes, N inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals

WIDEST = 256
_LEAST = -16.0


class MetaAggregator(ClassAggregator):
    """MMKD: w = softmax_t(W2 relu(W1 [z_1 .. z_T, z_s])).

    Paper: Zhang, Chen, Wang, "Adaptive multi-teacher knowledge distillation with meta-learning", ICME 2023, arXiv
    2306.06634; how it learns is told by `MetaLearner`. Departures: log-probabilities, cut at -16, in place of logits,
    which are the same up to a constant that says nothing; the hidden layer has C (T + 1) / 2 units as in the paper,
    but at most 256; the last layer starts at zero: uniform at first. The paper's second network, for feature losses,
    reads a batch-by-batch matrix and so has the size of one batch: it is left out. Not symmetric: inputs and output
    rows belong to a teacher by its place.
    """

    symmetric = False
    needs_student = True
    online = True
    trained = True

    def __init__(self, *, teachers: int, classes: int) -> None:
        super().__init__()
        inputs = classes * (teachers + 1)
        hidden = max(1, min(inputs // 2, WIDEST))
        self.first = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, teachers)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by all beliefs, the student's among them, (B, 1, T)."""
        assert student is not None
        student_BC = torch.log_softmax(student.detach().to(signals.like.dtype), dim=1)
        said_BN = torch.cat([*signals.log_probs_TBC.unbind(0), student_BC], dim=1).clamp(min=_LEAST)
        return torch.softmax(self.output(torch.relu(self.first(said_BN))), dim=1).unsqueeze(1)
