"""The same student without teachers, trained in the same job: what did they bring, sample by sample?

It is bit for bit the student of a job of method `solo` with this seed, network, data and optimisation. Its steps
follow those of the taught student, and its checkpoints carry that student's end, so a stop here costs nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.events import Entered, Event, Metrics
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.base import BatchT, Method
from mtkd_engine.methods.build import Job
from mtkd_engine.methods.solo import Solo
from mtkd_engine.nets.registry import build_for
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import EmtmSpec, GroundingSpec
from mtkd_engine.tasks.base import Batches
from mtkd_engine.tasks.grounding.scale import fit_feature_scale
from mtkd_engine.tasks.grounding.words import fit_word_vectors

PREFIX = "solo/"


@dataclass(frozen=True)
class Untaught:
    """The student without teachers in its best state, and the step of that state, counted from its own start."""

    student: nn.Module
    best_step: int


def is_wanted(spec: GroundingSpec) -> bool:
    """This will tell whether a job trains its student without teachers as well."""
    return spec.evaluation.compare_solo and isinstance(spec.method, EmtmSpec)


def train_solo(
    spec: GroundingSpec,
    *,
    job: Job,
    dataset: Dataset,
    schedule: Schedule,
    taught: State,
    device: str,
    resume: Mapping[str, Any] | None,
) -> Generator[Event, None, Untaught]:
    """This will train the student alone and yield what happens, its metrics as `solo/...`.

    `taught` is the end of the taught student's training, `resume` a checkpoint of this one.
    """
    yield Entered(part="solo")
    torch.manual_seed(derived_seed("student", spec.seed))
    student = build_for(job.card)
    fit_word_vectors(student, card=job.card, vectors=dataset.word_vectors)
    fit_feature_scale(student, samples=dataset.splits["train"], features=dataset.needed_features())
    method = Solo(student, val=job.splits["val"]).to(device)
    train, progress = job.splits["train"], Progress()
    yield from fit_after(
        method, train=train, schedule=schedule, taught=taught, progress=progress, resume=resume
    )
    method.load_state_dict(progress.best.state)
    return Untaught(student, progress.best.step)


def fit_after(
    method: Method[BatchT],
    *,
    train: Batches[BatchT],
    schedule: Schedule,
    taught: State,
    progress: Progress,
    resume: Mapping[str, Any] | None,
) -> Generator[Event, None, None]:
    """This will train what learns from labels alone, in the steps that follow a training that ended as `taught`.

    Its metrics are `solo/...`; its checkpoints carry the other end. `schedule` is that of the other training.
    """
    after = replace(schedule, before=schedule.before + schedule.steps(len(train)), earlier=taught)
    with closing(fit(method, train=train, schedule=after, progress=progress, resume=resume)) as loop:
        for event in loop:
            yield _as_solo(event)


def _as_solo(event: Event) -> Event:
    if not isinstance(event, Metrics):
        return event
    return replace(event, values={PREFIX + name: value for name, value in event.values.items()})
