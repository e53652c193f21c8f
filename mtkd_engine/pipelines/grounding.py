"""One job of task grounding from spec to student, as a generator of typed events.

load dataset and teachers        refuse what does not fit, before any work
beliefs of the teachers          out-of-fold on train, as they are on validation and test
gate                             an aggregator that is fitted before the student
fit                              the training loop (loop.py): student, twin and aggregator together
solo                             where the spec asks for it, the same student without teachers
evaluate                         last and best state on test, beside every baseline
export                           student, per-sample table, result
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch

from mtkd_engine import checkpoint, solo
from mtkd_engine.combining.run import aggregate
from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.selections import select
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Entered, Event, ProbeSet
from mtkd_engine.gating import fit_gate, warn_of_blind_teachers
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.build import Job, build_job
from mtkd_engine.pipelines.place import Place, schedule_of, selections_for, started
from mtkd_engine.report import report
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed
from mtkd_engine.sources import Sources
from mtkd_engine.spec import AggregateSpec, GroundingSpec
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.known import warn_of_known_tests
from mtkd_engine.teachers.load import load_teachers
from mtkd_engine.teachers.prepare import prepare_faculties


def run(
    spec: GroundingSpec, *, sources: Sources, place: Place, resume: Path | None
) -> Generator[Event, None, None]:
    """This will run a job and yield what happens, as `distill` does."""
    dataset = _dataset(spec, sources)
    teachers = load_teachers(
        {teacher.name: sources.teacher(teacher.name) for teacher in spec.teachers},
        dataset=dataset,
    )
    if isinstance(spec.method, AggregateSpec):
        yield from aggregate(
            spec,
            teachers=teachers,
            dataset=dataset,
            cache=place.cache,
            device=place.device,
            folder=place.artifacts,
        )
    else:
        yield from _teach(spec, teachers=teachers, dataset=dataset, place=place, resume=resume)


def _teach(
    spec: GroundingSpec, *, teachers: list[Teacher], dataset: Dataset, place: Place, resume: Path | None
) -> Generator[Event, None, None]:
    """Train a student, from the teachers' beliefs to its report."""
    schedule = schedule_of(spec, place=place)
    trainings = 2 if solo.is_wanted(spec) else 1
    yield started(
        spec, steps=schedule.steps(len(dataset.splits["train"])) * trainings, place=place, resume=resume
    )
    yield from warn_of_known_tests(teachers, dataset)

    faculties = yield from prepare_faculties(
        spec, teachers=teachers, dataset=dataset, cache=place.cache, device=place.device
    )
    # Whether copies came from the cache or were trained just now must not show in the student.
    torch.manual_seed(derived_seed("student", spec.seed))
    job = build_job(spec, dataset=dataset, faculties=faculties, device=place.device)
    if job.probe:
        yield ProbeSet(sample_ids=[s.sample_id for s in job.probe], labels=[s.sentence for s in job.probe])
    yield from warn_of_blind_teachers(job)
    if resume is None:  # checkpoints carry a gate that was fitted beforehand
        yield from fit_gate(spec, job=job)

    yield Entered(part="training")
    held = None if resume is None else checkpoint.load(resume, spec_hash=schedule.spec_hash)
    earlier = None if held is None else held.get("earlier")  # a stop in the part that follows this one
    progress = Progress(weights=_record(job, schedule=schedule))
    train = job.splits["train"]
    end = yield from fit(
        job.method, train=train, schedule=schedule, progress=progress, resume=earlier or held
    )
    untaught = None
    if solo.is_wanted(spec):
        untaught = yield from solo.train_solo(
            spec,
            job=job,
            dataset=dataset,
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


def _record(job: Job, *, schedule: Schedule) -> WeightRecord | None:
    if not job.faculties:
        return None
    return WeightRecord(
        teachers=job.faculties["train"].names,
        train=[sample.sample_id for sample in job.splits["train"].samples],
        val=[sample.sample_id for sample in job.splits["val"].samples],
        epochs=schedule.optim.epochs,
        measured=schedule.measurements(),
    )


def _dataset(spec: GroundingSpec, sources: Sources) -> Dataset:
    """The dataset, or the part of it that the spec's selections leave."""
    whole = load_dataset(sources.dataset(spec.data.dataset))
    leave_out, test_on = selections_for(spec, sources)
    return select(whole, leave_out=leave_out, test_on=test_on)
