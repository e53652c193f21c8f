"""What a job has brought about, as its readers see it."""

from __future__ import annotations

from jobs.models import Event, Job
from jobs.queries.history import series
from jobs.storage.blobs import open_artifact


def curve(job: Job) -> tuple[list[int], list[float]]:
    """The steps and values of the loss."""
    found = series(job_id=job.pk)["loss/total"]
    return found.steps.tolist(), found.values.tolist()


def student(job: Job) -> bytes:
    """The parameters of the student."""
    with open_artifact(job.artifacts.get(name="student.safetensors")) as file:
        return file.read()


def resumed_from(job: Job, attempt: int) -> int | None:
    """The step that an attempt went on from."""
    started = Event.objects.get(job=job, attempt__number=attempt, kind="started")
    step: int | None = started.payload["resumed_from_step"]
    return step
