"""Baselines: named jobs of a project that others are held against."""

from __future__ import annotations

from django.db import transaction

from jobs.models import Baseline, Job, Project, State, User
from jobs.operations.errors import UnableToSetBaseline
from jobs.operations.locks import Lock, hold
from jobs.operations.webhooks import announce_baseline
from mtkd_engine.spec import is_baseline_name
from mtkd_engine.spec.gates import LONGEST_BASELINE

MOST_BASELINES = 200


@transaction.atomic
def set_baseline(*, project: Project, user: User, name: str, job_id: int) -> Baseline:
    """This will give a succeeded job of the project a name that others are held against, or move that name to it.

    Setting what is set already changes nothing. Raises UnableToSetBaseline, whose `fields` are `name` and `job`.
    """
    if not is_baseline_name(name):
        accepted = f"1 to {LONGEST_BASELINE} letters, digits, dots, dashes and underscores"
        raise _refused("name", f"given {name[:80]!r}, accepted are {accepted}, a letter or digit first.")
    hold(Lock.REGISTRATION)  # no old job expires between the look at it and its name
    job = Job.objects.select_for_update().filter(pk=job_id, project=project, deleted_at__isnull=True).first()
    if job is None:
        raise _refused("job", f"given {job_id}, accepted is a job of this project.")
    if job.state != State.SUCCEEDED:
        raise _refused("job", f"given {job_id}, which is {job.state}; accepted is a job that succeeded.")
    before = Baseline.objects.select_for_update().filter(project=project, name=name).first()
    if before is not None and before.job_id == job.pk:
        return before
    if before is None and Baseline.objects.filter(project=project).count() >= MOST_BASELINES:
        raise _refused("name", f"this project has {MOST_BASELINES} baselines already; remove one first.")
    baseline, _ = Baseline.objects.update_or_create(
        project=project, name=name, defaults={"job": job, "set_by": user}
    )
    announce_baseline(baseline=baseline, before=None if before is None else before.job_id)
    return baseline


@transaction.atomic
def remove_baseline(*, project: Project, user: User, name: str) -> None:
    """This will take a name from its job; removing one that is not there changes nothing."""
    del user  # who may is the caller's question
    Baseline.objects.filter(project=project, name=name).delete()


def _refused(field: str, sentence: str) -> UnableToSetBaseline:
    return UnableToSetBaseline(f"{field}: {sentence}", fields={field: sentence})
