"""One job of task classification from spec to student, as a generator of typed events.

load dataset and teachers        refuse what does not fit, before any work
beliefs of the teachers          from the cache, computed where they are missing, or of teachers beside the student
assistants                       where the spec has any: each is trained, then teaches the next in the teachers' place
fit                              the training loop (loop.py): student and aggregator together
solo                             where the spec asks for it, the same student without teachers
evaluate                         last and best state on test, beside every baseline
export                           student, tables of samples, result
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtkd_engine import checkpoint
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.labelled.selecting import select_labelled
from mtkd_engine.data.task import task_of
from mtkd_engine.evaluation.classification.baselines import blind_quality
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Entered, Event, ProbeSet, Warned
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.classification.job import ClassJob, Faculty, teachers_quality
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.methods.classification.staged.chain import chain_of, refuse_links
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.watch import below_blind
from mtkd_engine.pipelines.alone import train_alone
from mtkd_engine.pipelines.cascade import Ground, begin, of_student, train_assistants
from mtkd_engine.pipelines.place import Place, schedule_of, selections_for, started
from mtkd_engine.pipelines.stages import fit_in_stages
from mtkd_engine.report.classification.ending import report
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.sources import Sources
from mtkd_engine.spec import (
    ClassAggregatorSpec,
    ClassificationSpec,
    HeldOutLearnedSpec,
    MultiTeacherSpec,
    ReinforcedSpec,
    StagedSpec,
)
from mtkd_engine.tasks.classification.reading import SEEN_AS
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.tasks.classification.splits.build import splits_of
from mtkd_engine.tasks.classification.splits.repeated import labelled_only
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.faculty import prepare_faculty
from mtkd_engine.teachers.classification.load import load_class_teachers
from mtkd_engine.teachers.known import warn_of_known_tests


def run(
    spec: ClassificationSpec, *, sources: Sources, place: Place, resume: Path | None
) -> Generator[Event, None, None]:
    """This will run a job and yield what happens, as `distill` does."""
    dataset = dataset_of(spec, sources, cache=place.cache)
    teachers = load_class_teachers(
        {teacher.name: sources.teacher(teacher.name) for teacher in spec.teachers},
        dataset=dataset,
        kind=spec.data.kind,
    )
    chain = chain_of(spec)
    if len(chain) > 1:
        refuse_links(chain, dataset)
    schedule = schedule_of(spec, place=place)
    compares = spec.evaluation.compare_solo and spec.method.kind != "solo"
    steps = schedule.steps(len(dataset.splits["train"]))
    yield started(spec, steps=steps * (len(chain) + compares), place=place, resume=resume)

    splits = splits_of(spec.data, dataset=dataset, device=place.device, cache=place.cache)
    faculty = None
    if teachers:
        faculty = yield from _assembled(spec, teachers, splits=splits, dataset=dataset, place=place)
    ground = Ground(chain=chain, dataset=dataset, splits=splits, device=place.device)
    job = begin(chain[0], ground=ground, faculty=faculty)
    if job.probe:
        labels = [dataset.classes[sample.label] for sample in job.probe]
        yield ProbeSet(sample_ids=[sample.sample_id for sample in job.probe], labels=labels)

    yield Entered(part="training")
    held = None if resume is None else checkpoint.load(resume, spec_hash=schedule.spec_hash)
    earlier = None if held is None else held.get("earlier")  # a stop in the part that follows this one
    progress = Progress(weights=_record(job, schedule=schedule))
    job, schedule, end = yield from _train(
        job, ground=ground, schedule=schedule, progress=progress, resume=earlier or held
    )
    untaught = None
    if compares:
        untaught = yield from train_alone(
            spec,
            job=job,
            schedule=schedule,
            taught=end,
            device=place.device,
            resume=held if earlier else None,
        )
    yield from report(
        spec,
        job=job,
        teachers=teachers,
        progress=progress,
        untaught=untaught,
        dataset=dataset,
        folder=place.artifacts,
    )


def _assembled(
    spec: ClassificationSpec,
    teachers: Sequence[ClassTeacher],
    *,
    splits: Mapping[str, ClassSplit],
    dataset: LabelledDataset,
    place: Place,
) -> Generator[Event, None, Faculty]:
    """The teachers with what they believe; warns of what makes that worth less."""
    yield from _warn_of_what_they_saw(spec, teachers, dataset)
    faculty = yield from prepare_faculty(
        spec, teachers=teachers, splits=splits, dataset=dataset, cache=place.cache, device=place.device
    )
    yield from _warn_of_blind(faculty, splits, classes=len(dataset.classes))
    return faculty


def _train(
    job: ClassJob, *, ground: Ground, schedule: Schedule, progress: Progress, resume: Mapping[str, Any] | None
) -> Generator[Event, None, tuple[ClassJob, Schedule, State]]:
    """All assistants, where there are any, then the student; returns its job, its schedule and its end."""
    if len(ground.chain) > 1:
        job, schedule = yield from train_assistants(
            job, ground=ground, schedule=schedule, progress=progress, resume=resume
        )
        resume = of_student(resume, chain=ground.chain)
    end = yield from _fit(job, schedule=schedule, progress=progress, resume=resume)
    return job, schedule, end


def _fit(
    job: ClassJob, *, schedule: Schedule, progress: Progress, resume: Mapping[str, Any] | None
) -> Generator[Event, None, State]:
    """In stages or in one go; without teachers only labelled samples teach anything."""
    train = job.splits["train"]
    if isinstance(job.method, Staged):
        return (
            yield from fit_in_stages(
                job.method, train=train, schedule=schedule, progress=progress, resume=resume
            )
        )
    seen = labelled_only(train) if isinstance(job.method, Solo) else train
    return (yield from fit(job.method, train=seen, schedule=schedule, progress=progress, resume=resume))


def dataset_of(spec: ClassificationSpec, sources: Sources, *, cache: Path) -> LabelledDataset:
    """This will read a job's dataset, or the part of it that the selections leave; raises DataError or SpecError."""
    path = sources.dataset(spec.data.dataset)
    if (task := task_of(path)) != spec.task:
        raise DataError(
            f"data.dataset: given {spec.data.dataset!r}, a dataset of task {task}, accepted is one of labelled samples."
        )
    whole = load_labelled(path, cache=cache)
    shown = SEEN_AS[whole.kind]
    if spec.data.kind not in shown:
        accepted = " or ".join(map(repr, shown))
        raise DataError(
            f"data.kind: given {spec.data.kind!r} with {spec.data.dataset!r}, a dataset of {whole.kind}; accepted is "
            f"{accepted}."
        )
    leave_out, test_on = selections_for(spec, sources)
    return select_labelled(whole, leave_out=leave_out, test_on=test_on)


def _warn_of_what_they_saw(
    spec: ClassificationSpec, teachers: Sequence[ClassTeacher], dataset: LabelledDataset
) -> Iterator[Warned]:
    """Weights learned of samples that teachers know by heart, and figures of samples that they may know."""
    seen = [teacher.name for teacher in teachers if teacher.saw(dataset)]
    method = spec.method
    assert isinstance(method, MultiTeacherSpec | StagedSpec)
    if seen and (instead := _instead_of_train(method.aggregator)):
        yield Warned(
            code="in_sample_beliefs",
            message=f"The aggregator learns on training samples, which {_listed(seen)} may have been trained on: "
            f"teachers are nearly right on all of those, so learned weights mean little. {instead} this.",
        )
    if outside := [teacher.name for teacher in teachers if teacher.card.recipe is None]:
        yield Warned(
            code="outsider",
            message=f"What {_listed(outside)} learned from is not known here: on images of validation or test that it "
            "has learned from a teacher is nearly right, and what is said of it there, and its learned weight, too "
            "good.",
        )
    yield from warn_of_known_tests(teachers, dataset)


def _instead_of_train(aggregator: ClassAggregatorSpec) -> str:
    """What does not learn on training samples, as the beginning of a sentence; empty where this one does not."""
    if isinstance(aggregator, ReinforcedSpec):
        return "Aggregators that learn on held-out samples (static, kau, meta) avoid"
    on_train = isinstance(aggregator, HeldOutLearnedSpec) and aggregator.samples == "train"
    return "Samples 'held_out' avoid" if on_train else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _warn_of_blind(faculty: Faculty, splits: Mapping[str, ClassSplit], *, classes: int) -> Iterator[Warned]:
    """Teachers that are worse on validation than the most frequent class."""
    labels_N = splits["val"].labels_N.cpu()
    blind = blind_quality(splits["train"].labels_N, labels_N, classes=classes).values["top1"]
    own = [quality.values["top1"] for quality in teachers_quality(faculty.val, labels_N)]
    yield from below_blind(faculty.val.names, own, blind=blind, metric="top-1")


def _record(job: ClassJob, *, schedule: Schedule) -> WeightRecord | None:
    if not job.weighed:
        return None
    return WeightRecord(
        teachers=job.weighed,
        train=[sample.sample_id for sample in job.splits["train"].samples],
        val=[sample.sample_id for sample in job.splits["val"].samples],
        epochs=schedule.optim.epochs,
        measured=schedule.measurements(),
    )
