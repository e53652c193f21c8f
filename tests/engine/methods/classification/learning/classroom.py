"""A student of two small layers, teachers whose worth is known, and lessons drawn from them.

Shape suffixes: N samples, B of a batch, T teachers, C classes, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.methods.classification.learning import Learner, Lesson, learner_of
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.spec import ClassAggregatorSpec, MultiTeacherSpec
from mtkd_engine.tasks.classification.batches import ClassBatch

SAMPLES, CLASSES, WIDTH, SIZE = 256, 4, 8, 64
TEMPERATURE = 2.0


class SmallStudent(Classifier):
    """Reads vectors in the place of images, with a batch norm whose statistics must not move unasked."""

    feature_width = WIDTH

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.last = nn.Linear(WIDTH, CLASSES)

    def features(self, images_BCHW: Tensor) -> Tensor:
        """Vectors (B, F) in, vectors (B, F) out."""
        return torch.tanh(self.norm(self.first(images_BCHW)))

    def head(self, features_BF: Tensor) -> Tensor:
        """Logits (B, C)."""
        logits_BC: Tensor = self.last(features_BF)
        return logits_BC


@dataclass
class Classroom:
    """All samples, what the teachers believe of them, and the student: a `HeldOut`."""

    student: Classifier
    vectors_NF: Tensor
    labels_N: Tensor
    log_probs_TNC: Tensor

    def draw(self, step: int) -> Lesson:
        generator = torch.Generator().manual_seed(step)
        return self.at(torch.randperm(len(self.labels_N), generator=generator)[:SIZE].tolist())

    def at(self, rows: Sequence[int]) -> Lesson:
        rows_B = torch.tensor(list(rows))
        batch = ClassBatch(
            self.vectors_NF[rows_B], self.labels_N[rows_B], rows_B, -torch.ones_like(rows_B), (), "val"
        )
        names = [f"teacher {t}" for t in range(len(self.log_probs_TNC))]
        training = self.student.training
        self.student.eval()
        with torch.no_grad():
            features_BF = self.student.features(batch.images_BCHW)
            logits_BC = self.student.head(features_BF)
        self.student.train(training)
        return Lesson(batch, ClassSignals(self.log_probs_TNC[:, rows_B], names), logits_BC, features_BF)

    def inputs(self, batch: ClassBatch) -> Tensor:
        return batch.images_BCHW

    def whole(self) -> Lesson:
        return self.at(range(len(self.labels_N)))

    def taught(
        self, spec: ClassAggregatorSpec, *, steps: int, held_out: bool = True
    ) -> tuple[ClassAggregator, Learner]:
        """An aggregator after lessons beside a student that stands still."""
        aggregator, learner = self.beginner(spec, held_out=held_out)
        for step in range(1, steps + 1):
            learner.after(self.draw(10_000 + step), step=step, rate=0.05)
        return aggregator, learner

    def beginner(
        self, spec: ClassAggregatorSpec, *, held_out: bool = True
    ) -> tuple[ClassAggregator, Learner]:
        torch.manual_seed(3)
        aggregator = build_for_classes(
            spec,
            teachers=len(self.log_probs_TNC),
            classes=CLASSES,
            feature_width=WIDTH,
            temperature=TEMPERATURE,
        ).to(self.vectors_NF.dtype)
        method = MultiTeacherSpec(aggregator=spec, temperature=TEMPERATURE)
        learner = learner_of(method, aggregator, held_out=self if held_out else None)
        assert learner is not None
        return aggregator, learner


def a_class(*kinds: Tensor | float, seed: int = 1, dtype: torch.dtype = torch.float32) -> Classroom:
    """Teachers by how many logits they put on the true class, above noise: a number, or one per sample (N,)."""
    generator = torch.Generator().manual_seed(seed)
    vectors_NF = torch.randn(SAMPLES, WIDTH, generator=generator, dtype=dtype)
    vectors_NF[:, 0] += 2 * vectors_NF[:, 0].sign()  # two regions, apart
    labels_N = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    true_NC = nn.functional.one_hot(labels_N, CLASSES).to(dtype)
    beliefs = []
    for kind in kinds:
        noise_NC = torch.randn(SAMPLES, CLASSES, generator=generator, dtype=dtype)
        above_N = torch.as_tensor(kind, dtype=dtype).expand(SAMPLES)
        beliefs.append((2.0 * noise_NC + above_N.unsqueeze(1) * true_NC).log_softmax(1))
    torch.manual_seed(seed)
    return Classroom(SmallStudent().to(dtype).train(), vectors_NF, labels_N, torch.stack(beliefs))


def region(classroom_seed: int = 1) -> Tensor:
    """Whether the first number of a sample of `a_class` is above 0, which the student's features show, (N,)."""
    generator = torch.Generator().manual_seed(classroom_seed)
    return torch.randn(SAMPLES, WIDTH, generator=generator)[:, 0] > 0
