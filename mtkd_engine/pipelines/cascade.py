"""Assistants between teachers and student: each is trained in stages, then teaches the next in their place.

After Mirzadeh et al. 2020 (arXiv 1902.03393). An assistant that is trained stands still: its best state, calibrated on
validation as every teacher is, runs beside the next. Its metrics and stages begin with its name; checkpoints hold
those that are trained already, so a job that goes on asks nobody twice. Steps and epochs count through all of them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.events import Entered, Event, Metrics
from mtkd_engine.loop import Progress
from mtkd_engine.methods.classification.build import build_job
from mtkd_engine.methods.classification.job import ClassJob, Faculty
from mtkd_engine.methods.classification.staged.chain import Link
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.pipelines.stages import fit_in_stages
from mtkd_engine.report.classification.believing import asked
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.faculty import faculty_in_stages

OF_TEACHERS = "weight/"
"""Metrics that tell how the teachers are weighed, whoever learns from them."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all links of a chain stand on."""

    chain: tuple[Link, ...]
    dataset: LabelledDataset
    splits: Mapping[str, ClassSplit]
    device: str


def begin(link: Link, *, ground: Ground, faculty: Faculty | None) -> ClassJob:
    """This will build the job of a link; its parameters come from a seed of its own, whatever came before."""
    torch.manual_seed(derived_seed(link.name, link.spec.seed))
    return build_job(
        link.spec, dataset=ground.dataset, splits=ground.splits, faculty=faculty, device=ground.device
    )


def train_assistants(
    job: ClassJob,
    *,
    ground: Ground,
    schedule: Schedule,
    progress: Progress,
    resume: Mapping[str, Any] | None,
) -> Generator[Event, None, tuple[ClassJob, Schedule]]:
    """This will train all links of a chain but the last; returns the job of the student, and its schedule.

    `job` is that of the first link. `resume` is a checkpoint of any link, the student among them.
    """
    trained: list[dict[str, Any]] = [] if resume is None else list(resume["assistants"])
    begun = len(trained)
    assistants: list[ClassJob] = []
    for number, link in enumerate(ground.chain[:-1]):
        if number >= begun:
            held = resume if number == begun else None
            own = replace(schedule, beside={"assistants": trained})
            yield from _train(job, link=link, schedule=own, progress=progress, resume=held)
            trained = [*trained, _left(job)]
        assistants.append(_taken_up(job, trained[number]))
        yield Entered(part="beliefs", detail=link.name)
        faculty = _in_their_place(assistants[-1], link=link, ground=ground)
        schedule = schedule.following(len(job.splits["train"]))
        job = begin(ground.chain[number + 1], ground=ground, faculty=faculty)
    return replace(job, assistants=assistants), replace(schedule, beside={"assistants": trained})


def of_student(resume: Mapping[str, Any] | None, *, chain: tuple[Link, ...]) -> Mapping[str, Any] | None:
    """This will give a checkpoint of a chain where it is one of its last link, which all assistants came before."""
    return resume if resume is not None and len(resume["assistants"]) == len(chain) - 1 else None


def _train(
    job: ClassJob, *, link: Link, schedule: Schedule, progress: Progress, resume: Mapping[str, Any] | None
) -> Generator[Event, None, None]:
    assert isinstance(job.method, Staged)
    prefix = f"{link.name}/"
    loop = fit_in_stages(
        job.method,
        train=job.splits["train"],
        schedule=schedule,
        progress=progress,
        resume=resume,
        prefix=prefix,
    )
    with closing(loop):
        for event in loop:
            yield _of_assistant(event, prefix)
    job.method.eval()


def _of_assistant(event: Event, prefix: str) -> Event:
    """An event of its training as one of the job; how the teachers are weighed is what it is without assistants."""
    if not isinstance(event, Metrics):
        return event
    named = {
        name if name.startswith(OF_TEACHERS) else prefix + name: value for name, value in event.values.items()
    }
    return replace(event, values=named)


def _left(job: ClassJob) -> dict[str, Any]:
    """What has to be kept of an assistant whose method holds its best state, as plain data."""
    assert isinstance(job.method, Staged)
    said = asked(job, job.student, splits=("val",))
    return {
        "net": job.student.state_dict(),
        "aggregator": job.method.aggregator.state_dict(),
        "temperature": said.temperature,
        "metrics": said.values["val"],
    }


def _taken_up(job: ClassJob, left: Mapping[str, Any]) -> ClassJob:
    """The job of an assistant as it is once it is trained, here or before the job stopped."""
    method = job.method
    assert isinstance(method, Staged)
    job.student.load_state_dict(left["net"])
    method.aggregator.load_state_dict(left["aggregator"])
    method.enter(method.plan[-1])
    method.eval()
    card = job.card.model_copy(update={"temperature": left["temperature"], "metrics": left["metrics"]})
    return replace(job, card=card)


def _in_their_place(job: ClassJob, *, link: Link, ground: Ground) -> Faculty:
    teacher = ClassTeacher(
        name=link.name,
        content_hash=link.name,  # no file holds it, and it is compared with none
        card=job.card,
        file=Path(link.name),
        model=job.student,
    )
    return faculty_in_stages(
        [teacher], splits=ground.splits, dataset=ground.dataset, device=ground.device, stands_in=True
    )
