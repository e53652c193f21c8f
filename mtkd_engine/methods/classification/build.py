"""From a ClassificationSpec to everything the loop needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes, scale_of
from mtkd_engine.aggregators.source import SignalSource, TappedSource
from mtkd_engine.data.images.dataset import ImageDataset, ImageSample
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.classification.feature_terms import FeatureTerms
from mtkd_engine.methods.classification.learning import HeldOutSplit, Learner, learner_of
from mtkd_engine.methods.classification.multi_teacher import Held, MultiTeacher
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.soft import Soft
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.registry import build_for
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import (
    ClassificationSpec,
    ClassifierCard,
    HeldOutLearnedSpec,
    ImageRecipe,
    MetaSpec,
    MultiTeacherSpec,
)
from mtkd_engine.tasks.classification.batches import ImageBatch
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.split import ImageSplit


@dataclass(frozen=True, kw_only=True)
class Faculty:
    """The teachers of a job: where their beliefs come from, and what they believe of validation."""

    source: SignalSource
    val: ClassSignals
    tapped: TappedSource | None = None
    """The same source where the teachers run beside the student."""
    fixed_T: Tensor | None = None
    """Weights under which the source gives one belief of augmented images for all of them."""


@dataclass(frozen=True, kw_only=True)
class ClassJob:
    """A job ready to run: what is trained, on what, and what the student will say about itself."""

    method: Method[ImageBatch]
    student: Classifier
    card: ClassifierCard
    splits: Mapping[str, ImageSplit]
    faculty: Faculty | None = None
    probe: list[ImageSample] = field(default_factory=list)


def splits_of(spec: ClassificationSpec, *, dataset: ImageDataset, device: str) -> dict[str, ImageSplit]:
    """This will give the splits of a job, train in augmented views."""
    return {
        name: ImageSplit(
            samples,
            dataset.images,
            name=name,
            size=spec.data.size,
            augment=spec.data.augment if name == "train" else None,
            seed=spec.data.augment.seed,
            device=device,
        )
        for name, samples in dataset.splits.items()
    }


def new_student(card: ClassifierCard) -> Classifier:
    """This will build the student of a card, initialised from torch's global generator."""
    student = build_for(card)
    assert isinstance(student, Classifier)
    return student


def build_job(
    spec: ClassificationSpec,
    *,
    dataset: ImageDataset,
    splits: Mapping[str, ImageSplit],
    faculty: Faculty | None,
    device: str,
) -> ClassJob:
    """This will build student and method; parameters come from torch's global generator, the student's first."""
    card = _card(spec, dataset=dataset)
    student = new_student(card).to(device)
    if faculty is None:
        sight = Sight(student, card.input, optim=spec.optim)
        return ClassJob(method=Solo(sight, val=splits["val"]), student=student, card=card, splits=splits)
    probe_rows = _probe_rows(spec, len(splits["val"]))
    method = _multi_teacher(
        spec, student, card=card, splits=splits, faculty=faculty, probe_rows=probe_rows, device=device
    )
    return ClassJob(
        method=method,
        student=student,
        card=card,
        splits=splits,
        faculty=faculty,
        probe=[splits["val"].samples[row] for row in probe_rows],
    )


def teachers_quality(signals: ClassSignals, labels_N: Tensor) -> list[Quality]:
    """This will measure each teacher's beliefs on a split, in the order of their names."""
    return [Quality.of(log_probs_NC.float(), labels_N.cpu()) for log_probs_NC in signals.log_probs_TBC]


def _card(spec: ClassificationSpec, *, dataset: ImageDataset) -> ClassifierCard:
    recipe = ImageRecipe(
        optim=spec.optim,
        augment=spec.data.augment,
        seed=spec.seed,
        dataset_hash=dataset.whole_hash,
        samples=len(dataset.splits["train"]),
    )
    return ClassifierCard(
        net=spec.student.net,
        classes=dataset.classes,
        input=spec.student.input,
        # A distilled student is no recipe from labels alone: a copy of it could not be trained the same way.
        recipe=recipe if spec.method.kind == "solo" else None,
    )


def _probe_rows(spec: ClassificationSpec, samples: int) -> list[int]:
    generator = torch.Generator().manual_seed(derived_seed("probe", spec.seed))
    chosen = torch.randperm(samples, generator=generator)[: spec.evaluation.probe_samples]
    return sorted(chosen.tolist())


def _multi_teacher(
    spec: ClassificationSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ImageSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> MultiTeacher:
    method, train = spec.method, splits["train"]
    assert isinstance(method, MultiTeacherSpec)
    names = faculty.val.names
    aggregator = build_for_classes(
        method.aggregator,
        teachers=len(names),
        classes=len(card.classes),
        feature_width=student.feature_width,
        temperature=method.temperature,
    )
    quality = teachers_quality(faculty.val, splits["val"].labels_N)
    aggregator.told(torch.tensor([one.values["top1"] for one in quality]))
    features = None
    if method.features:
        source = faculty.tapped
        assert source is not None, "feature losses need teachers beside the student"
        features = FeatureTerms.of(spec, student, source=source, train=train)
    # The student is compiled last, when all hooks are in place.
    sight = Sight(student, card.input, optim=spec.optim, paths=[one.student for one in method.features])
    steps = -(-len(train) // spec.optim.batch_size)
    return MultiTeacher(
        sight,
        spec=method,
        aggregator=aggregator,
        learner=_learner(spec, aggregator, student, splits=splits, source=faculty.source),
        features=features,
        soft=Soft(spec=method, scale=scale_of(method.aggregator, teachers=len(names)), steps_of_epoch=steps),
        source=faculty.source,
        held=Held(val=splits["val"], signals=faculty.val, probe_rows=probe_rows),
        fixed_T=faculty.fixed_T,
    ).to(device)


def _learner(
    spec: ClassificationSpec,
    aggregator: ClassAggregator,
    student: Classifier,
    *,
    splits: Mapping[str, ImageSplit],
    source: SignalSource,
) -> Learner | None:
    """What teaches the aggregator, on validation unless the spec says otherwise."""
    method = spec.method
    assert isinstance(method, MultiTeacherSpec)
    chosen = method.aggregator
    if not isinstance(chosen, HeldOutLearnedSpec):
        return learner_of(method, aggregator, held_out=None)
    on_train = chosen.samples == "train"
    if on_train and not isinstance(chosen, MetaSpec):  # on the batch at hand, as it is augmented
        return learner_of(method, aggregator, held_out=None)
    held_out = HeldOutSplit(
        splits["train" if on_train else "val"],
        source,
        student=student,
        reads=spec.student.input,
        looks=aggregator.takes_features or aggregator.needs_student,
        seed=derived_seed("held_out", spec.seed),
    )
    return learner_of(method, aggregator, held_out=held_out)
