"""An agent that weighs teachers and is rewarded for what that makes of the student.

Shape suffixes: T teachers, B samples, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import EVIDENCE, class_evidence
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals
from mtkd_engine.aggregators.scores import TeacherScores
from mtkd_engine.spec import ReinforcedSpec

_LEAST = -1e4


class ReinforcedAggregator(ClassAggregator):
    """MTKD-RL: w = softmax_t(agent(state_t)), state_t = [student's features, evidence of t, gap between t and student].

    Paper: Yang et al., "Multi-teacher knowledge distillation with reinforcement learning for visual recognition",
    AAAI 2025, arXiv 2502.18510; how it learns, and by which reward, is told by `ReinforcedLearner`. Departures: the
    state holds no label, so that weights are the same kind of thing on samples whose label nobody knows (the paper's
    has CE_t); the gap is KL_t / (1 + KL_t), KL_t = KL(teacher t || student); the agent's weights stand alone, where
    the paper averages them with rules that it cannot undo. Output rows start at zero: uniform at first. Not
    symmetric: they belong to a teacher by its place.
    """

    symmetric = False
    needs_features = True
    takes_features = True
    needs_student = True
    online = True
    trained = True

    def __init__(self, spec: ReinforcedSpec, *, teachers: int, feature_width: int) -> None:
        super().__init__()
        self.agent = TeacherScores(
            teachers=teachers, hidden=spec.hidden, feature_width=feature_width, evidence=EVIDENCE + 1
        )

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by the agent's state, (B, 1, T)."""
        assert context is not None
        assert student is not None
        evidence_TBE = torch.cat([class_evidence(signals), gaps(signals, student).unsqueeze(2)], dim=2)
        return torch.softmax(self.agent(context.features_BF, evidence_TBE), dim=1).unsqueeze(1)


@torch.no_grad()
def gaps(signals: ClassSignals, student_BC: Tensor) -> Tensor:
    """This will tell how far the student is from each teacher, 0 to 1: KL / (1 + KL), (T, B)."""
    log_probs_TBC = signals.log_probs_TBC
    said_BC = torch.log_softmax(student_BC.to(log_probs_TBC.dtype), dim=1).clamp(min=_LEAST)
    apart_TBC = log_probs_TBC.clamp(min=_LEAST) - said_BC
    divergence_TB = (log_probs_TBC.exp() * apart_TBC).sum(2).clamp(min=0)
    return divergence_TB / (1 + divergence_TB)
