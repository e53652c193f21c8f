"""One job of a dense task from spec to student, as a generator of typed events.

load dataset                     refuse what does not fit, before any work
fit                              the training loop (loop.py)
solo                             where the spec asks for it and the student learns from more than labels
evaluate                         last and best state on test, beside what can be said without looking
export                           student, tables of samples, result
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import torch

from mtkd_engine import checkpoint
from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.dense.selecting import select_dense
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.data.task import task_of
from mtkd_engine.evaluation.dense.tasks import task_on
from mtkd_engine.events import Entered, Event
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.dense.build import DenseJob, build_job, new_student
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.methods.dense.solo import Solo
from mtkd_engine.pipelines.place import Place, schedule_of, selections_for, started
from mtkd_engine.report.dense.ending import report
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.seeding import derived_seed
from mtkd_engine.solo import Untaught, fit_after
from mtkd_engine.sources import Sources
from mtkd_engine.spec import DenseSpec, SoloSpec


def run(
    spec: DenseSpec, *, sources: Sources, place: Place, resume: Path | None
) -> Generator[Event, None, None]:
    """This will run a job and yield what happens, as `distill` does."""
    dataset = dataset_of(spec, sources, cache=place.cache)
    schedule = schedule_of(spec, place=place)
    compares = spec.evaluation.compare_solo and not isinstance(spec.method, SoloSpec)
    task = task_on(dataset, spec.data, device=place.device, cache=place.cache / "frames")
    train = task.splits["train"]
    yield started(spec, steps=schedule.steps(len(train)) * (1 + compares), place=place, resume=resume)
    torch.manual_seed(derived_seed("student", spec.seed))
    job = build_job(spec, dataset=dataset, task=task, device=place.device)

    yield Entered(part="training")
    held = None if resume is None else checkpoint.load(resume, spec_hash=schedule.spec_hash)
    earlier = None if held is None else held.get("earlier")  # a stop in the part that follows this one
    progress = Progress()
    end = yield from fit(
        job.method, train=train, schedule=schedule, progress=progress, resume=earlier or held
    )
    untaught = None
    if compares:
        untaught = yield from _alone(
            spec, job, schedule=schedule, end=end, device=place.device, resume=held if earlier else None
        )
    yield from report(
        spec, job=job, progress=progress, untaught=untaught, dataset=dataset, folder=place.artifacts
    )


def dataset_of(spec: DenseSpec, sources: Sources, *, cache: Path) -> DenseDataset:
    """This will read a job's dataset, or the part of it that the selections leave; raises DataError or SpecError."""
    path = sources.dataset(spec.data.dataset)
    if (task := task_of(path)) != spec.task:
        raise DataError(
            f"data.dataset: given {spec.data.dataset!r}, a dataset of task {task}, accepted is one of task {spec.task}."
        )
    whole = load_dense_dataset(path, cache=cache)
    if whole.kind != spec.data.kind:
        raise DataError(
            f"data.kind: given {spec.data.kind!r} with {spec.data.dataset!r}, a dataset of {whole.kind}; accepted is "
            f"{whole.kind!r}."
        )
    if isinstance(whole, MaskDataset) and len(whole.classes) < 2:
        raise DataError(
            f"data.dataset: given {spec.data.dataset!r}, whose masks tell {len(whole.classes)} class(es); accepted are "
            "two or more."
        )
    leave_out, test_on = selections_for(spec, sources)
    return select_dense(whole, leave_out=leave_out, test_on=test_on)


def _alone(
    spec: DenseSpec,
    job: DenseJob,
    *,
    schedule: Schedule,
    end: State,
    device: str,
    resume: Mapping[str, Any] | None,
) -> Generator[Event, None, Untaught]:
    """The same student from labels alone, for the same time; its metrics are `solo/...`."""
    yield Entered(part="solo")
    torch.manual_seed(derived_seed("student", spec.seed))
    student = new_student(job.card).to(device)
    method = Solo(Sight(student, job.card.input, optim=spec.optim), task=job.task)
    train, progress = job.task.splits["train"], Progress()
    yield from fit_after(method, train=train, schedule=schedule, taught=end, progress=progress, resume=resume)
    method.load_state_dict(progress.best.state)
    return Untaught(student, progress.best.step)
