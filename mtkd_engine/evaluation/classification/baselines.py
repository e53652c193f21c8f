"""What a classifier is held against: blind, best single, uniform, static, oracle, and every teacher.

Everything that is chosen or fitted here sees train's labels and validation only; test is read once, at the end.

Shape suffixes: N samples, T teachers, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_oracle import ClassOracleAggregator
from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.evaluation.classification.static import fit_static, truths_of
from mtkd_engine.evaluation.classification.weighing import mixed, uniform_weights
from mtkd_engine.tasks.classification.metrics import Quality

Without = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Lesson:
    """What the teachers believe of a split, and its labels."""

    signals: ClassSignals
    labels_N: Tensor

    def of(self, teacher: int) -> Quality:
        """This will measure one teacher."""
        return Quality.of(self.signals.log_probs_TBC[teacher].float(), self.labels_N)

    def together(self, weights_T: Tensor) -> Quality:
        """This will measure the average of probabilities under one weight per teacher."""
        weights_NT = weights_T.float().expand(len(self.labels_N), -1)
        return Quality.of(mixed(weights_NT, self.signals), self.labels_N)

    def best(self) -> int:
        """This will choose the teacher of the highest top-1 accuracy, the first of equals."""
        found = [self.of(teacher).values["top1"] for teacher in range(len(self.signals.names))]
        return found.index(max(found))

    def leaving_out(self, teacher: int) -> Lesson:
        """This will give the beliefs of all teachers but one."""
        kept = [t for t in range(len(self.signals.names)) if t != teacher]
        names = [self.signals.names[t] for t in kept]
        return Lesson(ClassSignals(self.signals.log_probs_TBC[kept], names), self.labels_N)


@dataclass(frozen=True)
class Baselines:
    """Quality of each baseline on test, `teacher:NAME` among them, and what was fitted for them on validation."""

    named: dict[str, Quality]
    static_weights: dict[str, float]
    best_single: str


def blind_belief(train_labels_N: Tensor, *, classes: int, samples: int) -> Tensor:
    """This will give what can be said without looking: the shares of classes on train, log-probabilities (N, C).

    Every class is counted once more than it was seen.
    """
    counts_C = torch.bincount(train_labels_N.cpu(), minlength=classes).double() + 1
    log_probs_C = (counts_C / counts_C.sum()).log().float()
    return log_probs_C.expand(samples, -1)


def blind_quality(train_labels_N: Tensor, labels_N: Tensor, *, classes: int) -> Quality:
    """This will measure the shares of classes on train as a belief; its top class is the most frequent one."""
    return Quality.of(blind_belief(train_labels_N, classes=classes, samples=len(labels_N)), labels_N)


def measure_baselines(*, val: Lesson, test: Lesson, blind: Quality) -> Baselines:
    """This will measure all baselines of a job with teachers on test."""
    names = test.signals.names
    static_T = fit_static(truths_of(val.signals, val.labels_N))
    own = [test.of(teacher) for teacher in range(len(names))]
    best = val.best()
    named = {
        "blind": blind,
        "best_single": own[best],
        "uniform": Quality.of(mixed(uniform_weights(test.signals), test.signals), test.labels_N),
        "static": test.together(static_T),
        "oracle": Quality.of(oracle_belief(test), test.labels_N),
    }
    return Baselines(
        named={**named, **{f"teacher:{name}": own[t] for t, name in enumerate(names)}},
        static_weights={name: round(float(static_T[t]), 6) for t, name in enumerate(names)},
        best_single=names[best],
    )


def oracle_belief(lesson: Lesson) -> Tensor:
    """This will give, per sample, the belief of a teacher that is right where one is, log-probabilities (N, C).

    Chosen as by the aggregator of that name: the usual upper bound of choosing among an ensemble, and no method.
    """
    weights_NHT = ClassOracleAggregator().weights(lesson.signals, None, labels=lesson.labels_N)
    return mixed(weights_NHT[:, 0].float(), lesson.signals)


def without_each(*, val: Lesson, test: Lesson) -> Without:
    """This will give, per teacher, what leaving it out costs; empty for a single teacher.

    `top1` is the accuracy on test (0..1) of the static ensemble of all less that of all but this one, both with
    weights fitted on validation, so it is negative where the teacher does harm.
    """
    names = test.signals.names
    if len(names) < 2:
        return {}
    together = _reached(val, test)
    return {
        name: {"top1": together - _reached(val.leaving_out(t), test.leaving_out(t))}
        for t, name in enumerate(names)
    }


def _reached(val: Lesson, test: Lesson) -> float:
    return test.together(fit_static(truths_of(val.signals, val.labels_N))).values["top1"]
