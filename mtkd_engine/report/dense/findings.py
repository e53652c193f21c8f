"""All that is measured of a job's best state; test is read here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from mtkd_engine.evaluation.dense.face import DenseTask, Judged
from mtkd_engine.evaluation.dense.looking import Run, as_it_is
from mtkd_engine.methods.dense.build import DenseJob
from mtkd_engine.methods.dense.self_taught import SelfTaught
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.report.comparisons import ByMetric, Compared, differences
from mtkd_engine.solo import Untaught

MEASURED = ("val", "test")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """How good the student is, and what it is held against."""

    student: dict[str, Judged]
    solo: dict[str, Judged] | None
    baselines: dict[str, Judged]
    """On test."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the result says beside metrics and baselines."""

    @property
    def metrics(self) -> dict[str, float]:
        """The student's on test."""
        return self.student["test"].values

    @property
    def best(self) -> dict[str, dict[str, float]]:
        """The student's by split."""
        return {split: judged.values for split, judged in self.student.items()}

    def values(self) -> dict[str, dict[str, float]]:
        """This will give the metrics of all baselines by name."""
        return {name: judged.values for name, judged in self.baselines.items()}


def asked(job: DenseJob, model: DenseNet) -> dict[str, Judged]:
    """This will measure a network on val and test."""
    run = run_of(job, model)
    return {split: job.task.judge(run, split) for split in MEASURED}


def run_of(job: DenseJob, model: DenseNet) -> Run:
    """This will give how a network of the student's kind is asked."""
    return as_it_is(model, job.card.input)


def look(job: DenseJob, *, student: dict[str, Judged], untaught: Untaught | None) -> Findings:
    """This will hold what was measured of a job's best state against what can be said without it."""
    baselines = {"blind": job.task.judge(job.task.blind(), "test")}
    solo = None
    extra: dict[str, Any] = dict(student["test"].extra)
    if isinstance(job.method, SelfTaught) and job.method.teacher is not None:
        own = asked(job, job.method.teacher)
        baselines[job.method.title] = own["test"]
        told = {split: judged.values for split, judged in own.items()}
        extra["own_teacher"] = {"kind": job.method.title, **told}
    if untaught is not None:
        assert isinstance(untaught.student, DenseNet)
        solo = asked(job, untaught.student)
        baselines["solo"] = solo["test"]
        extra["solo"] = solo["test"].values
    extra["comparisons"] = compared(job.task, student["test"], baselines)
    return Findings(student=student, solo=solo, baselines=baselines, extra=extra)


def compared(task: DenseTask, student: Judged, baselines: Mapping[str, Judged]) -> Compared:
    """This will give differences to each baseline in metrics that samples have, with intervals over sources of test.

    Samples of which a metric is not defined for one of both are left out.
    """
    samples = task.splits["test"].samples
    sources = np.array([sample.source_id for sample in samples])
    found: Compared = {}
    for name, other in baselines.items():
        found[name] = {}
        for metric in sorted(set(student.by_sample) & set(other.by_sample)):
            own_N, other_N = student.by_sample[metric], other.by_sample[metric]
            both_N = (torch.isfinite(own_N) & torch.isfinite(other_N)).numpy()
            if not both_N.any():
                continue
            own: ByMetric = {metric: own_N.numpy()[both_N]}
            held: ByMetric = {metric: other_N.numpy()[both_N]}
            found[name] |= differences(own, {name: held}, sources=sources[both_N].tolist())[name]
    return found
