"""The small network by which learned gates of classification score teachers.

Shape suffixes: T teachers, B samples, F features, E numbers of evidence, H hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TeacherScores(nn.Module):
    """Scores of each teacher on each sample: h_t = relu(U norm(f) + V e_t + c), s_t = (o + o_t) h_t + a_t.

    f are the student's features, e_t the evidence of teacher t; U, V, c and o are shared by all teachers, o_t and a_t
    are a teacher's own by its place. o, o_t and a_t start at zero, so that all scores do.
    """

    def __init__(self, *, teachers: int, hidden: int, feature_width: int, evidence: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(feature_width, elementwise_affine=False)
        self.seen = nn.Linear(feature_width, hidden)
        self.believed = nn.Linear(evidence, hidden, bias=False) if evidence else None
        self.common = nn.Parameter(torch.zeros(hidden))
        self.output = nn.Parameter(torch.zeros(teachers, hidden))
        self.scores = nn.Parameter(torch.zeros(teachers))

    def forward(self, features_BF: Tensor, evidence_TBE: Tensor | None = None) -> Tensor:
        """This will give the scores (B, T); the evidence is None where the network was built for none."""
        seen_BH: Tensor = self.seen(self.norm(features_BF.to(self.scores.dtype)))
        rows_TH = self.common + self.output
        if self.believed is None or evidence_TBE is None:
            return torch.relu(seen_BH) @ rows_TH.T + self.scores
        hidden_TBH = torch.relu(seen_BH + self.believed(evidence_TBE))
        return torch.einsum("tbh,th->bt", hidden_TBH, rows_TH) + self.scores
