"""All that is measured of a job's best state; test is read here and nowhere else.

Shape suffixes: N samples, K ranked windows, H boundaries, T teachers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.baselines import blind_quality, measure_baselines
from mtkd_engine.evaluation.student import fitted_temperature, predict_ranked
from mtkd_engine.evaluation.table import Said
from mtkd_engine.evaluation.targets import target_windows
from mtkd_engine.evaluation.without import without_each
from mtkd_engine.methods.build import Job
from mtkd_engine.methods.emtm import Emtm
from mtkd_engine.report.comparisons import compare
from mtkd_engine.solo import Untaught
from mtkd_engine.tasks.grounding.batches import Quality, SplitData

TOP = 10
MEASURED = ("val", "test")


@dataclass(frozen=True)
class Ranked:
    """A network's best windows on a split, (N, K, 2) in seconds, best first, and their scores (N, K)."""

    windows_NK2: Tensor
    scores_NK: Tensor

    def first(self) -> Said:
        """This will give the best window of each sample."""
        return Said(self.windows_NK2[:, 0], self.scores_NK[:, 0])

    def values(self, split: SplitData) -> dict[str, float]:
        """This will measure all of them: R5 and mAP."""
        return split.score_ranked(self.windows_NK2, self.scores_NK)

    def compatible(self, split: SplitData) -> dict[str, dict[str, float]]:
        """This will measure them as others do."""
        return split.score_compatible(self.windows_NK2, self.scores_NK)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the student says and how good it is, what it is held against, and how its teachers were weighed."""

    student: dict[str, Said]
    quality: dict[str, Quality]
    temperature: float
    """Calibrates the student; fitted on validation."""
    metrics: dict[str, float]
    """The student's on test: R1 and mIoU of its best window, R5 and mAP of its best ten."""
    baselines: dict[str, Quality]
    solo: dict[str, Said]
    weights: dict[str, Tensor]
    """(N, H, T) by split; empty without teachers."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the result says beside metrics and baselines."""

    def values(self) -> dict[str, dict[str, float]]:
        """This will give the metrics of all baselines by name."""
        return {name: quality.values for name, quality in self.baselines.items()}


def look(job: Job, *, untaught: Untaught | None, seed: int) -> Findings:
    """This will measure a job whose method holds its best state."""
    test = job.splits["test"]
    splits = {name: data for name, data in job.splits.items() if job.faculties or name in MEASURED}
    temperature = fitted_temperature(job.student, job.splits["val"])
    ranked = _ranked(job.student, test, k=TOP, temperature=temperature)
    others = {name: data for name, data in splits.items() if name != "test"}
    student = {**_said(job.student, others, temperature=temperature), "test": ranked.first()}
    quality = {split: job.splits[split].score(student[split].windows_N2) for split in MEASURED}
    solo = _said(untaught.student, splits) if untaught is not None else {}
    weights = _weights(job)
    baselines, extra = _baselines(job, weights=weights, seed=seed)
    if untaught is not None:
        baselines["solo"] = test.score(solo["test"].windows_N2)
        extra["solo"] = baselines["solo"].values
    sources = [sample.source_id for sample in test.samples]
    extra["comparisons"] = compare(quality["test"], baselines, sources=sources)
    extra["compatible"] = ranked.compatible(test)
    return Findings(
        student=student,
        quality=quality,
        temperature=temperature,
        metrics={**quality["test"].values, **ranked.values(test)},
        baselines=baselines,
        solo=solo,
        weights=weights,
        extra=extra,
    )


def _baselines(
    job: Job, *, weights: dict[str, Tensor], seed: int
) -> tuple[dict[str, Quality], dict[str, Any]]:
    test = job.splits["test"]
    if not job.faculties:
        return {"blind": blind_quality(job.splits["train"].samples, test)}, {}
    found = measure_baselines(splits=job.splits, faculties=job.faculties, seed=seed)
    teachers = {f"teacher:{name}": quality for name, quality in found.teachers.items()}
    aggregated = test.score(target_windows(weights["test"], job.faculties["test"], test))
    known: dict[str, Any] = {"static_weights": found.static_weights, "best_single": found.best_single}
    known["without"] = without_each(splits=job.splits, faculties=job.faculties, seed=seed)
    return {**found.named, **teachers, "aggregated": aggregated}, known


def _weights(job: Job) -> dict[str, Tensor]:
    if not job.faculties:
        return {}
    assert isinstance(job.method, Emtm)
    with torch.no_grad():
        return {name: job.method.weigh(split, job.faculties[name]) for name, split in job.splits.items()}


def _said(model: nn.Module, splits: dict[str, SplitData], *, temperature: float = 1.0) -> dict[str, Said]:
    return {
        name: _ranked(model, split, k=1, temperature=temperature).first() for name, split in splits.items()
    }


def _ranked(model: nn.Module, split: SplitData, *, k: int, temperature: float) -> Ranked:
    return Ranked(*predict_ranked(model, split, k, temperature=temperature))
