"""Submitting and cancelling jobs."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs.doorbell import ring
from jobs.models import ACTIVE, Dataset, Group, Job, Project, State, Teacher, User
from jobs.notify import notify
from jobs.operations.aftermath import after_end
from jobs.operations.errors import UnableToCancel, UnableToSubmit
from jobs.operations.fitting import is_without_features, misfit_with, needs_features, problem_with
from jobs.operations.moves import close_elsewhere, locked, move
from jobs.operations.schedules import check_schedule
from jobs.operations.selections import named_selections
from jobs.queries.sources import find_dataset, list_datasets, list_teachers
from mtkd_engine.spec import Spec, spec_hash


@transaction.atomic
def submit(
    *,
    project: Project,
    user: User,
    spec: Spec,
    queue: str = "cpu",
    priority: int = 0,
    deadline: datetime | None = None,
    resubmitted_from: Job | None = None,
    group: Group | None = None,
) -> Job:
    """This will freeze `spec` as a queued job of the project and ring for a worker of the queue.

    Priority is -10 to 10, higher first; not ended by its deadline, the job fails. Only a job that comes with a
    `group` has one in its spec. Raises UnableToSubmit, whose `fields` name what does not fit.
    """
    if spec.group is not None and group is None:
        raise _refused(
            "group",
            f"given {spec.group.name!r}, but this job is submitted alone; remove the key, or submit a group.",
        )
    check_schedule(queue=queue, priority=priority, deadline=deadline, refusal=UnableToSubmit)
    dataset, teachers = fitted(project, spec)
    _keep_from_deletion(dataset, teachers)
    selections = named_selections(spec, dataset)
    job = Job.objects.create(
        project=project,
        name=spec.name or f"{spec.method.kind} on {dataset.label}"[:120],
        spec=spec.model_dump(mode="json"),
        spec_hash=spec_hash(spec),
        dataset=dataset,
        submitted_by=user,
        queue=queue,
        priority=priority,
        deadline_at=deadline,
        resubmitted_from=resubmitted_from,
        group=group,
        queued_at=Now(),
    )
    job.refresh_from_db(fields=["queued_at"])
    job.teachers.set(teachers)
    job.selections.set(selections)
    notify(job_id=job.pk)
    transaction.on_commit(partial(ring, job.queue), robust=True)
    return job


def fitted(project: Project, spec: Spec) -> tuple[Dataset, list[Teacher]]:
    """This will find the dataset and the teachers that a spec names; raises UnableToSubmit for what does not fit."""
    dataset = _dataset(project, spec)
    return dataset, _teachers(project, spec, dataset)


@transaction.atomic
def request_cancel(*, job: Job, user: User) -> Job:
    """This will cancel a job that no worker has at once, and ask the worker of an active one to stop it.

    A job trained elsewhere has no worker and ends at once, too: later points are refused. Raises UnableToCancel for a
    job that has come to its end. Asking twice changes nothing.
    """
    del user  # who may cancel is the caller's question; the audit trail is not written yet
    row = locked(job, refusal=UnableToCancel)
    if row.is_final:
        raise UnableToCancel(f"Job {row.pk} has ended already ({row.state}) and cannot be cancelled.")
    if row.elsewhere:
        close_elsewhere(row, reason="It was cancelled.")
    changes: dict[str, object] = {}
    if row.cancel_requested_at is None:
        changes["cancel_requested_at"] = Now()
    if row.elsewhere or row.state not in ACTIVE:
        changes |= {"state": State.CANCELLED, "finished_at": Now(), "lease_until": None}
        changes["fence"] = F("fence") + 1
    if not changes:
        return row
    moved = move(row, **changes)
    if moved.is_final:
        after_end(job_id=moved.pk)
    return moved


def _keep_from_deletion(dataset: Dataset, teachers: list[Teacher]) -> None:
    """What the job needs stays until its row says that it needs it."""
    if Dataset.objects.select_for_update(no_key=True).filter(pk=dataset.pk).first() is None:
        raise _refused("data.dataset", f"given {dataset.label!r}, which was deleted this moment.")
    ids = [teacher.pk for teacher in teachers]
    kept = Teacher.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    if len(kept) < len(set(ids)):
        raise _refused("teachers", "one of them was deleted this moment; accepted are those that are there.")


def _dataset(project: Project, spec: Spec) -> Dataset:
    label = spec.data.dataset
    found = find_dataset(project, label)
    if found is None:
        known = [dataset.label for dataset in list_datasets(project=project)]
        raise _refused("data.dataset", _unknown(label, known, "dataset"))
    if found.archived_at is not None:
        raise _refused("data.dataset", f"given {label!r}, which is archived; accepted is one that is not.")
    if found.task != spec.task:
        raise _refused(
            "data.dataset", f"given {label!r} for {found.task}, accepted is a dataset for {spec.task}."
        )
    if misfit := misfit_with(spec, found):
        raise _refused(*misfit)
    if needs_features(spec) and is_without_features(found):
        raise _refused(
            "data.dataset",
            f"given {label!r}, which was registered without features; accepted is a dataset with features, "
            "because every network reads them. Method aggregate, which trains none, needs no features.",
        )
    return found


def _teachers(project: Project, spec: Spec, dataset: Dataset) -> list[Teacher]:
    names = [teacher.name for teacher in spec.teachers]
    known = {teacher.name: teacher for teacher in list_teachers(project=project, archived=None)}
    offered = [name for name, teacher in known.items() if teacher.archived_at is None]
    problems: dict[str, str] = {}
    for index, name in enumerate(names):
        teacher = known.get(name)
        problem = problem_with(teacher, spec, dataset) if teacher else _unknown(name, offered, "teacher")
        if problem:
            problems[f"teachers.{index}.name"] = problem
    if problems:
        raise UnableToSubmit(
            " ".join(f"{path}: {sentence}" for path, sentence in problems.items()), fields=problems
        )
    return [known[name] for name in names]


def _unknown(name: str, known: list[str], noun: str) -> str:
    if not known:
        return f"given {name!r}, but this project has no {noun} yet; register one first."
    return f"given {name!r}, accepted is a {noun} of this project: {', '.join(sorted(known)[:20])}."


def _refused(path: str, sentence: str) -> UnableToSubmit:
    return UnableToSubmit(f"{path}: {sentence}", fields={path: sentence})
