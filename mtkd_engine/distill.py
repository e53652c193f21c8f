"""One job from spec to student, as a generator of typed events.

load dataset and teachers        refuse what does not fit, before any work
beliefs of the teachers          out-of-fold on train, as they are on validation and test
gate                             an aggregator that is fitted before the student
fit                              the training loop (loop.py): student, twin and aggregator together
solo                             where the spec asks for it, the same student without teachers
evaluate                         last and best state on test, beside every baseline
export                           student, per-sample table, result
"""

from __future__ import annotations

import platform
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mtkd_engine import checkpoint, solo
from mtkd_engine.combining.run import aggregate
from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.selections import read_selection, select
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Entered, Event, ProbeSet, Started
from mtkd_engine.gating import fit_gate, warn_of_blind_teachers
from mtkd_engine.loop import JobError, Progress, Schedule, fit
from mtkd_engine.methods.build import Job, build_job
from mtkd_engine.report import report
from mtkd_engine.seeding import derived_seed, seed_everything
from mtkd_engine.sources import Sources, selections_of
from mtkd_engine.spec import AggregateSpec, Spec, spec_hash
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.known import warn_of_known_tests
from mtkd_engine.teachers.load import load_teachers
from mtkd_engine.teachers.prepare import prepare_faculties

__all__ = ["JobError", "Place", "distill"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an attempt works: its folder, the cache shared by attempts and jobs, the device."""

    folder: Path
    cache: Path
    device: str = "cpu"

    @property
    def checkpoints(self) -> Path:
        """Folder of this attempt's checkpoints."""
        return self.folder / "checkpoint"

    @property
    def artifacts(self) -> Path:
        """Folder of the files this attempt leaves behind."""
        return self.folder / "artifacts"


def distill(
    spec: Spec, *, sources: Sources, place: Place, resume: Path | None = None
) -> Generator[Event, None, None]:
    """This will run a job and yield what happens; the last event is Finished.

    Raises SpecError, DataError or ModelError for what the user handed in, JobError when training cannot go on.
    Closing the generator after a Stepped writes a checkpoint; `resume` goes on from one, to the same bits.
    """
    seed_everything(spec.seed)
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
    spec: Spec, *, teachers: list[Teacher], dataset: Dataset, place: Place, resume: Path | None
) -> Generator[Event, None, None]:
    """Train a student, from the teachers' beliefs to its report."""
    schedule = _schedule(spec, place=place)
    yield _started(spec, dataset=dataset, teachers=teachers, schedule=schedule, place=place, resume=resume)
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


def _dataset(spec: Spec, sources: Sources) -> Dataset:
    """The dataset, or the part of it that the spec's selections leave."""
    whole = load_dataset(sources.dataset(spec.data.dataset))
    found = {name: read_selection(sources.selection(name), name=name) for name in selections_of(spec)}
    test_on = spec.data.test_on
    return select(
        whole,
        leave_out=[found[name] for name in spec.data.leave_out],
        test_on=None if test_on is None else found[test_on],
    )


def _schedule(spec: Spec, *, place: Place) -> Schedule:
    return Schedule(
        optim=spec.optim,
        seed=spec.seed,
        log_every=spec.recording.log_every,
        measure_every=spec.evaluation.every_epochs,
        checkpoint_every=spec.recording.checkpoint_every,
        checkpoints=place.checkpoints,
        spec_hash=spec_hash(spec),
    )


def _started(
    spec: Spec,
    *,
    dataset: Dataset,
    teachers: list[Teacher],
    schedule: Schedule,
    place: Place,
    resume: Path | None,
) -> Started:
    return Started(
        spec_hash=spec_hash(spec),
        method=spec.method.kind,
        teachers=[teacher.name for teacher in teachers],
        total_steps=schedule.steps(len(dataset.splits["train"])) * (2 if solo.is_wanted(spec) else 1),
        threads=torch.get_num_threads(),
        device=place.device,
        versions={"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        resumed_from_step=checkpoint.step_of(resume) if resume is not None else None,
    )
