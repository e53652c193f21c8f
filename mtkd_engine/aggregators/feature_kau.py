"""The Knowledge Aggregation Unit for classification: weights per sample from the student's features."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import EVIDENCE, class_evidence
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals
from mtkd_engine.aggregators.scores import TeacherScores
from mtkd_engine.spec import FeatureKauSpec


class FeatureKauAggregator(ClassAggregator):
    """w = softmax_t(s_t(f, e_t)), with f the student's last features and e_t what teacher t's belief tells of it.

    Paper: KAU of EMTM, arXiv 2308.03725, carried over from video and query to images: the features that the student
    shares with the gate are its last pooled ones. Departures: the gate learns on samples that no teacher has seen, by
    the likelihood of their labels under the mixed belief, and moves nothing of the student; it also sees each
    teacher's confidence, margin, entropy and agreement with the others (`beliefs` of the spec), which the paper does
    not show it. Last layers start at zero: uniform at first. Not symmetric: output rows belong to a teacher by its
    place.
    """

    symmetric = False
    needs_features = True
    takes_features = True
    trained = True

    def __init__(self, spec: FeatureKauSpec, *, teachers: int, feature_width: int) -> None:
        super().__init__()
        self.beliefs = spec.beliefs
        self.net = TeacherScores(
            teachers=teachers,
            hidden=spec.hidden,
            feature_width=feature_width,
            evidence=EVIDENCE if spec.beliefs else 0,
        )

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample by its features and their beliefs, (B, 1, T)."""
        assert context is not None
        evidence_TBE = class_evidence(signals) if self.beliefs else None
        return torch.softmax(self.net(context.features_BF, evidence_TBE), dim=1).unsqueeze(1)
