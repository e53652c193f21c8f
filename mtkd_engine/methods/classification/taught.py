"""The methods of students that registered teachers teach, from their specs."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mtkd_engine.aggregators.classification import ClassAggregator
from mtkd_engine.aggregators.registry import build_for_classes, scale_of
from mtkd_engine.aggregators.source import SignalSource
from mtkd_engine.methods.classification.feature_terms import FeatureTerms
from mtkd_engine.methods.classification.job import Faculty, teachers_quality
from mtkd_engine.methods.classification.learning import HeldOutSplit, Learner, learner_of
from mtkd_engine.methods.classification.multi_teacher import Held, MultiTeacher
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.soft import Soft
from mtkd_engine.methods.classification.staged.assisted import Assisted
from mtkd_engine.methods.classification.staged.cuts import Cut
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.classification.staged.plan import plan_of, whole_spec
from mtkd_engine.methods.classification.staged.pseudo import PseudoLabels
from mtkd_engine.methods.classification.staged.sources import Sources
from mtkd_engine.methods.classification.staged.terms import SubstageTerms
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import (
    ClassificationSpec,
    ClassifierCard,
    HeldOutLearnedSpec,
    MetaSpec,
    MultiTeacherSpec,
    SpecError,
    StagedSpec,
)
from mtkd_engine.tasks.classification.batches import CLEAN
from mtkd_engine.tasks.classification.splits.base import ClassSplit

_BEGUN_WITH = 128
"""Samples whose features say where the adapters of a training in stages begin."""


def multi_teacher_of(
    spec: ClassificationSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> MultiTeacher:
    """This will build the method of a student with teachers beside it."""
    method, train = spec.method, splits["train"]
    assert isinstance(method, MultiTeacherSpec)
    aggregator = _aggregator(method, student, card=card, splits=splits, faculty=faculty)
    features = None
    if method.features:
        source = faculty.tapped
        assert source is not None, "feature losses need teachers beside the student"
        features = FeatureTerms.of(spec, student, source=source, train=train)
    # The student is compiled last, when all hooks are in place.
    sight = Sight(student, card.input, optim=spec.optim, paths=[one.student for one in method.features])
    steps = -(-len(train) // spec.optim.batch_size)
    scale = scale_of(method.aggregator, teachers=len(faculty.val.names))
    return MultiTeacher(
        sight,
        spec=method,
        aggregator=aggregator,
        learner=_learner(spec, method, aggregator, student, splits=splits, source=faculty.source),
        features=features,
        soft=Soft(
            spec=method,
            scale=scale,
            steps_of_epoch=steps,
        ),
        source=faculty.source,
        held=Held(val=splits["val"], signals=faculty.val, probe_rows=probe_rows),
        fixed_T=faculty.fixed_T,
    ).to(device)


def staged_of(
    spec: ClassificationSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> Staged:
    """This will build the method of a student that teachers teach in stages; raises SpecError where it has none."""
    method, train = spec.method, splits["train"]
    assert isinstance(method, StagedSpec)
    assert faculty.tapped is not None, "teachers run beside a student that learns in stages"
    whole = whole_spec(method)
    aggregator = _aggregator(whole, student, card=card, splits=splits, faculty=faculty)
    try:
        own = Cut.of(student)
    except SpecError as error:
        raise SpecError({f"student.{path}": said for path, said in error.fields.items()}) from None
    plan = plan_of(method, substages=len(own), epochs=spec.optim.epochs)
    substages = SubstageTerms(own, faculty.tutors, temperature=method.temperature)
    substages.begin(spec.student.input, faculty.tapped, train.batch(range(min(_BEGUN_WITH, len(train)))))
    labelled_N = train.labelled_mask
    pseudo = None
    if labelled_N is not None and method.pseudo.enabled:
        pseudo = PseudoLabels(method.pseudo, labelled_N=labelled_N, classes=len(card.classes))
    kind = Assisted if faculty.stands_in else Staged
    return kind(
        Sight(student, card.input, optim=spec.optim, paths=own.paths),
        spec=method,
        plan=plan,
        substages=substages,
        aggregator=aggregator,
        learner=_learner(spec, whole, aggregator, student, splits=splits, source=faculty.source),
        sources=Sources(signals=faculty.source, tapped=faculty.tapped),
        held=Held(val=splits["val"], signals=faculty.val, probe_rows=probe_rows),
        pseudo=pseudo,
        labels_N=train.labels_N,
        clean=lambda rows: train.at_view(CLEAN, rows),
    ).to(device)


def _aggregator(
    method: MultiTeacherSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
) -> ClassAggregator:
    aggregator = build_for_classes(
        method.aggregator,
        teachers=len(faculty.val.names),
        classes=len(card.classes),
        feature_width=student.feature_width,
        temperature=method.temperature,
    )
    quality = teachers_quality(faculty.val, splits["val"].labels_N)
    aggregator.told(torch.tensor([one.values["top1"] for one in quality]))
    return aggregator


def _learner(
    spec: ClassificationSpec,
    method: MultiTeacherSpec,
    aggregator: ClassAggregator,
    student: Classifier,
    *,
    splits: Mapping[str, ClassSplit],
    source: SignalSource,
) -> Learner | None:
    """What teaches the aggregator, on validation unless the spec says otherwise."""
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
