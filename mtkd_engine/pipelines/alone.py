"""The same student without teachers, trained in the same job: what did they bring, sample by sample?

It is bit for bit the student of a job of method `solo` with this seed, network, data and optimisation. Its steps
follow those of the taught student, and its checkpoints carry that student's end, so a stop here costs nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch

from mtkd_engine.events import Entered, Event
from mtkd_engine.loop import Progress
from mtkd_engine.methods.classification.job import ClassJob, new_student
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.seeding import derived_seed
from mtkd_engine.solo import Untaught, fit_after
from mtkd_engine.spec import ClassificationSpec
from mtkd_engine.tasks.classification.splits.repeated import labelled_only


def train_alone(
    spec: ClassificationSpec,
    *,
    job: ClassJob,
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
    plain = job.card.model_copy(update={"net": spec.student.net})  # what is left may be more than that
    student = new_student(plain).to(device)
    method = Solo(Sight(student, job.card.input, optim=spec.optim), val=job.splits["val"])
    train, progress = labelled_only(job.splits["train"]), Progress()
    yield from fit_after(
        method, train=train, schedule=schedule, taught=taught, progress=progress, resume=resume
    )
    method.load_state_dict(progress.best.state)
    return Untaught(student, progress.best.step)
