"""Submitting and cancelling jobs."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from jobs.doorbell import ring
from jobs.models import Dataset, Job, Project, State, Teacher, User
from jobs.notify import notify
from jobs.operations.errors import UnableToCancel, UnableToSubmit
from mtkd_engine.spec import Spec, spec_hash


@transaction.atomic
def submit(*, project: Project, user: User, spec: Spec) -> Job:
    """This will freeze `spec` as a queued job of the project and ring for a worker.

    Raises UnableToSubmit, whose `fields` name what does not fit.
    """
    dataset = _dataset(project, spec)
    teachers = _teachers(project, spec, dataset)
    digest = spec_hash(spec)
    job = Job.objects.create(
        project=project,
        name=spec.name or f"{spec.method.kind} on {dataset.name}"[:120],
        spec=spec.model_dump(mode="json"),
        spec_hash=digest,
        dataset=dataset,
        submitted_by=user,
    )
    job.teachers.set(teachers)
    notify(job_id=job.pk)
    transaction.on_commit(partial(ring, job.queue), robust=True)
    return job


@transaction.atomic
def request_cancel(*, job: Job, user: User) -> Job:
    """This will cancel a queued job at once and ask the worker of an active one to stop it.

    Raises UnableToCancel for a job that has come to its end. Asking twice changes nothing.
    """
    del user  # who may cancel is the caller's question; the audit trail is not written yet
    row = Job.objects.select_for_update().get(pk=job.pk)
    if row.is_final:
        raise UnableToCancel(f"Job {row.pk} has ended already ({row.state}) and cannot be cancelled.")
    changes: dict[str, object] = {}
    if row.cancel_requested_at is None:
        changes["cancel_requested_at"] = Now()
    if row.state == State.QUEUED:
        changes |= {"state": State.CANCELLED, "finished_at": Now(), "lease_until": None}
    if changes:
        Job.objects.filter(pk=row.pk).update(**changes)
        notify(job_id=row.pk)
    row.refresh_from_db()
    return row


def _dataset(project: Project, spec: Spec) -> Dataset:
    name = spec.data.dataset
    found = Dataset.objects.filter(project=project, name=name).first()
    if found is None:
        known = Dataset.objects.filter(project=project).values_list("name", flat=True)
        raise _refused("data.dataset", _unknown(name, list(known), "dataset"))
    if found.task != spec.task:
        raise _refused(
            "data.dataset", f"given {name!r} for {found.task}, accepted is a dataset for {spec.task}."
        )
    return found


def _teachers(project: Project, spec: Spec, dataset: Dataset) -> list[Teacher]:
    names = [teacher.name for teacher in spec.teachers]
    known = {teacher.name: teacher for teacher in Teacher.objects.filter(project=project)}
    problems: dict[str, str] = {}
    for index, name in enumerate(names):
        problem = _problem_with(known.get(name), name, list(known), spec, dataset)
        if problem:
            problems[f"teachers.{index}.name"] = problem
    if problems:
        raise UnableToSubmit(
            " ".join(f"{path}: {sentence}" for path, sentence in problems.items()), fields=problems
        )
    return [known[name] for name in names]


def _problem_with(
    teacher: Teacher | None, name: str, known: list[str], spec: Spec, dataset: Dataset
) -> str | None:
    if teacher is None:
        return _unknown(name, known, "teacher")
    if teacher.task != spec.task:
        return f"given {name!r} for {teacher.task}, accepted is a teacher for {spec.task}."
    theirs = teacher.report.get("card", {}).get("feature_width")
    ours = dataset.report.get("feature_width")
    if theirs != ours:
        return (
            f"given {name!r}, which reads features of width {theirs}, but dataset {dataset.name!r} has "
            f"features of width {ours}; accepted are teachers of that width."
        )
    return None


def _unknown(name: str, known: list[str], noun: str) -> str:
    if not known:
        return f"given {name!r}, but this project has no {noun} yet; register one first."
    return f"given {name!r}, accepted is a {noun} of this project: {', '.join(sorted(known)[:20])}."


def _refused(path: str, sentence: str) -> UnableToSubmit:
    return UnableToSubmit(f"{path}: {sentence}", fields={path: sentence})
