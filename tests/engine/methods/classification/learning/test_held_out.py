"""Lessons from validation: drawn by step, seen as they are, by a student that does not notice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.methods.classification.learning import HeldOutSplit, learner_of
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.spec import CifarResNet, ImageInput, MetaSpec, MultiTeacherSpec
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch
from mtkd_engine.tasks.classification.splits.images import ImageSplit

SAMPLES, SIZE, CLASSES = 24, 8, 3


class Noise:
    """Images of noise, each its own."""

    def encoded(self, place: int) -> bytes:
        return b""

    def decoded(self, places: Sequence[int], *, size: int) -> NDArray[np.uint8]:
        return np.stack(
            [np.random.default_rng(p).integers(0, 256, (size, size, 3), np.uint8) for p in places]
        )


class Believed:
    """Two teachers who say what they say by the row."""

    names = ("one", "other")

    def signals(self, batch: ClassBatch) -> ClassSignals:
        generator = torch.Generator().manual_seed(0)
        logits_TNC = torch.randn(2, SAMPLES, CLASSES, generator=generator)
        return ClassSignals(logits_TNC[:, batch.rows_B].log_softmax(2), self.names)


@pytest.fixture
def student() -> CifarClassifier:
    return CifarClassifier(CifarResNet(depth=8), classes=CLASSES, channels=3).train()


@pytest.fixture
def split() -> ImageSplit:
    samples = [LabelledSample(str(place), str(place), place % CLASSES, place) for place in range(SAMPLES)]
    return ImageSplit(samples, Noise(), name="val", size=SIZE, augment=None, seed=0)


def held_out(
    split: ImageSplit, student: CifarClassifier, *, looks: bool = True, seed: int = 0
) -> HeldOutSplit:
    reads = ImageInput(size=SIZE)
    return HeldOutSplit(split, Believed(), student=student, reads=reads, looks=looks, seed=seed, size=6)


def test_a_step_draws_the_same_samples_whenever_it_is_asked_for(
    split: ImageSplit, student: CifarClassifier
) -> None:
    first, again, other = (held_out(split, student, seed=seed) for seed in (0, 0, 1))
    rows = first.draw(5).batch.rows_B.tolist()
    assert len(set(rows)) == 6
    first.draw(6)
    assert first.draw(5).batch.rows_B.tolist() == again.draw(5).batch.rows_B.tolist() == rows
    assert rows != other.draw(5).batch.rows_B.tolist()
    assert rows != first.draw(6).batch.rows_B.tolist()


def test_all_samples_are_drawn_in_time(split: ImageSplit, student: CifarClassifier) -> None:
    source = held_out(split, student, looks=False)
    seen = {row for step in range(40) for row in source.draw(step).batch.rows_B.tolist()}
    assert seen == set(range(SAMPLES))


def test_the_student_is_asked_in_evaluation_and_trains_on_unchanged(
    split: ImageSplit, student: CifarClassifier
) -> None:
    before = {name: value.clone() for name, value in student.state_dict().items()}
    lesson = held_out(split, student).at([3, 1])
    assert student.training
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())
    assert lesson.logits_BC is not None
    assert lesson.features_BF is not None
    assert not lesson.logits_BC.requires_grad
    assert lesson.batch.views_B.tolist() == [CLEAN, CLEAN]
    alone = held_out(split, student).at([1])
    assert alone.logits_BC is not None
    torch.testing.assert_close(alone.logits_BC[0], lesson.logits_BC[1])


def test_a_student_that_nobody_looks_at_is_not_asked(split: ImageSplit, student: CifarClassifier) -> None:
    lesson = held_out(split, student, looks=False).draw(1)
    assert lesson.logits_BC is None
    assert lesson.features_BF is None
    assert len(lesson.signals.names) == 2


def test_a_meta_step_goes_through_convolutions_and_batch_norms(
    split: ImageSplit, student: CifarClassifier
) -> None:
    spec = MetaSpec(every=1, inner_steps=1)
    aggregator = build_for_classes(
        spec, teachers=2, classes=CLASSES, feature_width=student.feature_width, temperature=4.0
    )
    learner = learner_of(MultiTeacherSpec(aggregator=spec), aggregator, held_out=held_out(split, student))
    assert learner is not None
    before = {name: value.clone() for name, value in student.state_dict().items()}
    for step in (1, 2):
        learner.after(held_out(split, student).draw(step), step=step, rate=0.1)
    assert bool(aggregator.state_dict()["output.weight"].any())
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())
