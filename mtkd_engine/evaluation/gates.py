"""Fitting a per-sample gate on stored beliefs, without a student and so that it cannot do much harm.

It starts from the static weights and is stopped where inner folds say that it stops helping, which may be at once: with
many teachers and nothing but their predictions to go by, what a sample adds to one weight per teacher is about nothing.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import GroundingAggregator
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.lessons import SOFTNESS, Lesson, fit_static, folds_of
from mtkd_engine.seeding import derived_seed, epoch_order
from mtkd_engine.tasks.grounding.agreement import expected_overlap
from mtkd_engine.untied import AdamW

INNER_FOLDS = 3
BATCH = 64
RATE = 0.005
DECAY = 0.1
AT_ONCE = 512
LARGEST = 4000
CHANCE = 1.0
"""Standard errors that a gate's gain on inner folds has to exceed."""


@dataclass(frozen=True)
class Course:
    """Samples to learn from or to judge, what teachers believe of them, and how good what they offer is."""

    faculty: Faculty
    samples: tuple[Sample, ...]
    lesson: Lesson

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, rows: Sequence[int]) -> Course:
        """This will give the samples at these rows."""
        return Course(self.faculty, tuple(self.samples[row] for row in rows), self.lesson.take(rows))

    def weigh(self, aggregator: GroundingAggregator, rows: Sequence[int]) -> Tensor:
        """This will give the weights (B, H, T) of the samples at these rows, from the teachers' beliefs alone."""
        ids = [self.samples[row].sample_id for row in rows]
        return aggregator.weights(self.faculty.signals(ids, length=self.length, device="cpu"), None)

    @property
    def length(self) -> int:
        """Clips of the grid of the beliefs."""
        return self.faculty.stored[0].belief.log_joint_BLL.shape[1]


@dataclass(frozen=True)
class EpochDone:
    """One epoch of one fitting is over: `part` is `inner` or `gate`, `loss` minus the overlap that it fits."""

    part: str
    epoch: int
    loss: float


@dataclass
class Gate:
    """A fitted aggregator, the static weights (T,) it started from, and how inner folds judged each epoch (0 first)."""

    aggregator: GroundingAggregator
    static_T: Tensor
    judged: list[float] = field(default_factory=list)
    epochs: int = 0


def weigh_all(aggregator: GroundingAggregator, course: Course) -> Tensor:
    """This will give the weights (N, H, T) of all samples, without gradients."""
    aggregator.eval()
    with torch.no_grad():
        parts = [
            course.weigh(aggregator, range(start, min(start + AT_ONCE, len(course))))
            for start in range(0, len(course), AT_ONCE)
        ]
    return torch.cat(parts)


def fit_gate(
    build: Callable[[], GroundingAggregator], course: Course, *, epochs: int, seed: int
) -> Generator[EpochDone, None, Gate]:
    """This will fit a gate on a course and return it; `build` makes one whose first weights are uniform.

    On each of three inner folds by source a gate is trained for `epochs` epochs and judged on the samples held out,
    after each and before the first, when it is as good as the static weights; the final one, on all samples, trains
    for as many epochs as were best on average, and for none where that gain is within its standard error. Of
    more than 4,000 samples a random part takes part.
    """
    if len(course) > LARGEST:
        generator = torch.Generator().manual_seed(derived_seed("course", seed))
        course = course.take(
            torch.randperm(len(course), generator=generator)[:LARGEST].sort().values.tolist()
        )
    static_T = fit_static(course.lesson, seed=seed)
    judged_EN = torch.zeros(epochs + 1, len(course), dtype=torch.float64)
    inner = folds_of(course.lesson.sources, count=INNER_FOLDS, seed=derived_seed("inner", seed))
    for number, (learn, judge) in enumerate(inner):
        part, held = course.take(learn), course.take(judge)
        own_T = fit_static(part.lesson, seed=seed)
        gate = Gate(_started(build, own_T, seed=derived_seed("gate", seed, number)), own_T)
        judged_EN[0, judge] = _quality(gate, held)
        training = train(gate, part, epochs=epochs, seed=derived_seed("order", seed, number))
        for epoch, loss in enumerate(training, start=1):
            judged_EN[epoch, judge] = _quality(gate, held)
            yield EpochDone("inner", number * epochs + epoch, loss)
    final = Gate(_started(build, static_T, seed=derived_seed("gate", seed)), static_T)
    final.judged = judged_EN.mean(1).tolist()
    final.epochs = _worthwhile(judged_EN)
    for epoch, loss in enumerate(train(final, course, epochs=final.epochs, seed=seed), start=1):
        yield EpochDone("gate", epoch, loss)
    return final


def train(gate: Gate, course: Course, *, epochs: int, seed: int) -> Generator[float, None, None]:
    """This will train the per-sample part of a gate, yielding the mean loss of each epoch."""
    free = [
        parameter for name, parameter in gate.aggregator.named_parameters() if name.split(".")[-1] != "scores"
    ]
    optimizer = AdamW(free, lr=RATE, weight_decay=DECAY)
    for epoch in range(epochs):
        gate.aggregator.train()
        order = epoch_order(seed=seed, epoch=epoch, samples=len(course))
        total = 0.0
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            loss = _loss(gate, course, rows)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        yield total / len(course)


def _loss(gate: Gate, course: Course, rows: Sequence[int]) -> Tensor:
    part = course.lesson.take(rows)
    agreement_BC = part.pool.agreement(course.weigh(gate.aggregator, rows).mean(1))
    return -expected_overlap(agreement_BC, part.overlap_NC, softness=SOFTNESS).mean()


def _quality(gate: Gate, held: Course) -> Tensor:
    return held.lesson.quality(weigh_all(gate.aggregator, held).mean(1))


def _worthwhile(judged_EN: Tensor) -> int:
    """The epoch that was best on the samples held out, or none where that may well be chance."""
    best = int(judged_EN.mean(1).argmax())
    gained_N = judged_EN[best] - judged_EN[0]
    error = float(gained_N.std()) / math.sqrt(len(gained_N))
    return best if float(gained_N.mean()) > CHANCE * error else 0


def _started(build: Callable[[], GroundingAggregator], static_T: Tensor, *, seed: int) -> GroundingAggregator:
    """A fresh gate that gives every sample the static weights."""
    torch.manual_seed(seed)
    aggregator = copy.deepcopy(build())
    scores = aggregator.get_parameter("scores")
    log_T = static_T.clamp_min(1e-9).log().to(scores.dtype)
    with torch.no_grad():
        scores.copy_(log_T.repeat(len(scores) // len(log_T)))
    return aggregator
