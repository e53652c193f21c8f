"""From a ClassificationSpec to everything the loop needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes, scale_of
from mtkd_engine.aggregators.source import SignalSource, TappedSource
from mtkd_engine.data.labelled import LabelledDataset, LabelledSample
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.classification.feature_terms import FeatureTerms
from mtkd_engine.methods.classification.learning import HeldOutSplit, Learner, learner_of
from mtkd_engine.methods.classification.multi_teacher import Held, MultiTeacher
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.soft import Soft
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.methods.classification.staged.assisted import Assisted
from mtkd_engine.methods.classification.staged.cuts import Cut, Tutor
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.classification.staged.plan import plan_of, whole_spec
from mtkd_engine.methods.classification.staged.pseudo import PseudoLabels
from mtkd_engine.methods.classification.staged.sources import Sources
from mtkd_engine.methods.classification.staged.terms import SubstageTerms
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.registry import build_for
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import (
    ClassificationSpec,
    ClassifierCard,
    ClassRecipe,
    HeldOutLearnedSpec,
    MetaSpec,
    MultiTeacherSpec,
    SpecError,
    StagedSpec,
)
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.reading import misread
from mtkd_engine.tasks.classification.splits.base import ClassSplit

_BEGUN_WITH = 128
"""Samples whose features say where the adapters of a training in stages begin."""


@dataclass(frozen=True, kw_only=True)
class Faculty:
    """The teachers of a job: where their beliefs come from, and what they believe of validation."""

    source: SignalSource
    val: ClassSignals
    tapped: TappedSource | None = None
    """The same source where the teachers run beside the student."""
    fixed_T: Tensor | None = None
    """Weights under which the source gives one belief of augmented samples for all of them."""
    tutors: Sequence[Tutor] = ()
    """The same teachers cut into substages, where they teach in stages."""
    stands_in: bool = False
    """Whether it is an assistant in the place of the teachers."""


@dataclass(frozen=True, kw_only=True)
class ClassJob:
    """A job ready to run: what is trained, on what, and what the student will say about itself."""

    method: Method[ClassBatch]
    student: Classifier
    card: ClassifierCard
    splits: Mapping[str, ClassSplit]
    faculty: Faculty | None = None
    probe: list[LabelledSample] = field(default_factory=list)
    assistants: Sequence[ClassJob] = ()
    """The jobs of its assistants, where it has any, in their order; the first is the one that the teachers taught."""

    @property
    def taught(self) -> ClassJob:
        """The job whose student the teachers taught themselves: it is the one that knows how they were weighed."""
        return self.assistants[0] if self.assistants else self


def new_student(card: ClassifierCard) -> Classifier:
    """This will build the student of a card, initialised from torch's global generator."""
    student = build_for(card)
    assert isinstance(student, Classifier)
    return student


def build_job(
    spec: ClassificationSpec,
    *,
    dataset: LabelledDataset,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty | None,
    device: str,
) -> ClassJob:
    """This will build student and method; parameters come from torch's global generator, the student's first."""
    if (why := misread(spec.student.input, dataset, seen_as=spec.data.kind)) is not None:
        raise SpecError({"student.input": f"the student {why}; accepted is an input that the job shows."})
    card = _card(spec, dataset=dataset)
    student = new_student(card).to(device)
    if faculty is None:
        sight = Sight(student, card.input, optim=spec.optim)
        return ClassJob(method=Solo(sight, val=splits["val"]), student=student, card=card, splits=splits)
    probe_rows = _probe_rows(spec, len(splits["val"]))
    taught = _in_stages if isinstance(spec.method, StagedSpec) else _multi_teacher
    method = taught(
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


def _card(spec: ClassificationSpec, *, dataset: LabelledDataset) -> ClassifierCard:
    recipe = ClassRecipe(
        optim=spec.optim,
        augment=spec.data.augment,
        seed=spec.seed,
        dataset_hash=dataset.whole_hash,
        samples=len(dataset.splits["train"]),
        labels=spec.data.labels if spec.data.labels.share < 1 else None,
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
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> MultiTeacher:
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


def _in_stages(
    spec: ClassificationSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> Staged:
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
