"""Is the student better than what it is held against? Paired over the sources of test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtkd_engine.report.comparisons import ByMetric, Compared, differences
from mtkd_engine.tasks.classification.metrics import WITHIN, Quality


def compare(student: Quality, baselines: Mapping[str, Quality], *, sources: Sequence[str]) -> Compared:
    """This will give {baseline: {metric: {"difference", "low", "high"}}} of the student against each.

    Of `top1`, `top5` (0..1) and `nll` (nats, where less is better); the calibration error is no mean over samples.
    Differences are student minus baseline, with 95 % intervals of a bootstrap over sources; one seed says nothing
    about other seeds.
    """
    others = {name: _by_metric(quality) for name, quality in baselines.items()}
    return differences(_by_metric(student), others, sources=sources)


def _by_metric(quality: Quality) -> ByMetric:
    return {
        "top1": quality.correct_N.double().numpy(),
        "top5": (quality.rank_N < min(WITHIN, quality.classes)).double().numpy(),
        "nll": -quality.log_truth_N.double().numpy(),
    }
