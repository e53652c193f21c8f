"""KAU that also sees what the teachers themselves believe."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.evidence import EVIDENCE, evidence
from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals
from mtkd_engine.aggregators.kau import KauAggregator
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.spec import KauPlusSpec
from mtkd_engine.tasks.grounding.collate import Targets


class KauPlusAggregator(GroundingAggregator):
    """Scores of three origins, added: the teacher's own belief, the teacher at large, video and query.

    Paper: KAU of EMTM, arXiv 2308.03725, to which the beliefs are added; confidence and entropy weigh teachers in
    Kwon et al., ICASSP 2020, and Zhang et al., ICASSP 2022 (CA-MKD), agreement is the medoid's. Equation: w =
    softmax_t(f(e_t) + a_t + KAU_t(V, Q)), with e_t the evidence of `evidence` for sample and teacher, f one small
    network for all teachers, a_t a number per teacher. Departure from those papers: none of the three has labels or
    hand-made formulas at hand; what evidence is worth is learned. f knows teachers by their evidence only, so it
    carries over to samples on which a teacher is unlike itself; a_t alone is `static`. Without a context, or built
    for a dataset without features, the third part is left out. Last layers start at zero: uniform at first. Not
    symmetric: a_t and KAU's output rows belong to a teacher by its place.
    """

    symmetric = False
    takes_features = True
    trained = True

    def __init__(self, spec: KauPlusSpec, *, teachers: int, feature_width: int | None) -> None:
        super().__init__()
        self.boundaries = spec.boundaries
        self.scores = nn.Parameter(torch.zeros(spec.boundaries * teachers))
        first = nn.Linear(EVIDENCE, spec.hidden)
        last = nn.Linear(spec.hidden, spec.boundaries, bias=False)
        nn.init.zeros_(last.weight)
        self.believed = nn.Sequential(first, nn.ReLU(), last)
        self.kau: KauAggregator | None = None
        if feature_width is not None:
            self.kau = KauAggregator(spec, teachers=teachers, feature_width=feature_width)

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample, (B, boundaries, T)."""
        scores_BHT = self.believed(evidence(signals)).permute(1, 2, 0) + self.scores.view(self.boundaries, -1)
        if self.kau is not None and context is not None:
            scores_BHT = scores_BHT + self.kau.scores(context)
        return torch.softmax(scores_BHT, dim=2)
