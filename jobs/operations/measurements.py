"""Teachers measured on datasets: asked for, and kept with what they said of each sample."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from jobs.doorbell import ring
from jobs.models import (
    REGISTRATION_FINAL,
    Blob,
    Dataset,
    Measurement,
    Registration,
    RegistrationKind,
    Teacher,
    TeacherKind,
    User,
)
from jobs.operations.errors import UnableToMeasure
from jobs.operations.locks import Lock, hold
from jobs.queries.kinds import misses_frames
from jobs.queries.zoo import COMPARED, is_compared


@transaction.atomic
def measure(*, teacher: Teacher, dataset: Dataset, user: User) -> Registration:
    """This will ask a worker to measure a registered teacher on a dataset of its project, on val and test.

    One that is asked for again while it is under way is the same one. Raises UnableToMeasure with a sentence.
    """
    hold(Lock.REGISTRATION)
    if (why := _why_not(teacher, dataset)) is not None:
        raise UnableToMeasure(f"{why[0]}: {why[1]}", fields={why[0]: why[1]})
    same = Registration.objects.filter(
        kind=RegistrationKind.MEASUREMENT, teacher=teacher, measured_on=dataset
    )
    if (under_way := same.exclude(state__in=REGISTRATION_FINAL).first()) is not None:
        return under_way
    registration = Registration.objects.create(
        project=teacher.project,
        user=user,
        kind=RegistrationKind.MEASUREMENT,
        name=teacher.name,
        asked={"teacher": teacher.name, "dataset": dataset.label, "split": "val"},
        measured_on=dataset,
        teacher=teacher,
    )
    transaction.on_commit(partial(ring, registration.queue), robust=True)
    return registration


def keep_measurement(
    *, teacher: Teacher, registration: Registration, report: dict[str, Any], outcomes: Blob
) -> Measurement:
    """This will keep how good a teacher is where its registration measured it; an older measurement gives way."""
    assert registration.measured_on is not None
    kept, _ = Measurement.objects.update_or_create(
        teacher=teacher,
        dataset=registration.measured_on,
        defaults={
            "registration": registration,
            "outcomes": outcomes,
            "quality": report.get("quality") or {},
            "measured_at": Now(),
        },
    )
    return kept


def _why_not(teacher: Teacher, dataset: Dataset) -> tuple[str, str] | None:
    """The first field that does not fit, and a sentence."""
    given, asked = f"given {teacher.name!r}", f"given {dataset.label!r}"
    is_elsewhere = dataset.project_id != teacher.project_id
    is_stored = teacher.kind == TeacherKind.PREDICTIONS
    rules = (
        (is_elsewhere, "dataset", f"{asked}, accepted is a dataset of the project of {teacher.name!r}."),
        (dataset.archived_at, "dataset", f"{asked}, which is archived; accepted is one that is not."),
        (
            not is_compared(dataset.task),
            "dataset",
            f"{asked} of task {dataset.task}, on which models are not compared; accepted is one of "
            f"{', '.join(COMPARED)}.",
        ),
        (teacher.archived_at, "teacher", f"{given}, which is archived; accepted is one that is not."),
        (
            teacher.task != dataset.task,
            "teacher",
            f"{given} of task {teacher.task}, accepted is a model of task {dataset.task}.",
        ),
        (
            misses_frames(teacher, dataset),
            "teacher",
            f"{given}, which reads frames of videos; accepted on {dataset.label!r} is a network of pictures.",
        ),
        (is_stored, "teacher", f"{given}, which is stored predictions; accepted is a model that can be run."),
    )
    return next(((field, sentence) for is_wrong, field, sentence in rules if is_wrong), None)
