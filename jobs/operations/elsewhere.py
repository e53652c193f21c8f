"""Jobs trained elsewhere: no worker of ours has them, their owner posts points and says how they ended.

The lease of such a job is the time in which something must come, so that a silent one ends like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField as DateTime
from django.db.models import ExpressionWrapper, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from jobs import storable
from jobs.models import Attempt, Dataset, Job, Outcome, Project, State, User
from jobs.notify import notify
from jobs.operations.aftermath import after_end
from jobs.operations.errors import UnableToComplete, UnableToSubmit
from jobs.operations.metrics import seal
from jobs.operations.webhooks import announce_start
from jobs.queries.sources import find_dataset, list_datasets

ELSEWHERE = "elsewhere"
LONGEST_NAME, LONGEST_SENTENCE, LARGEST_DESCRIPTION = 120, 2_000, 64 * 1024
ENDS = {State.SUCCEEDED.value: Outcome.SUCCEEDED, State.FAILED.value: Outcome.FAILED}


@transaction.atomic
def start_elsewhere(
    *, project: Project, user: User, name: str, parameters: Mapping[str, Any], dataset: str | None = None
) -> Job:
    """This will begin a job that is trained elsewhere; it is running from now on.

    `parameters` are whatever its owner wants to see beside its curves, `dataset` the label of one of the
    project's. Raises UnableToSubmit.
    """
    stated = {"name": _name(name), ELSEWHERE: True, "parameters": _parameters(parameters)}
    canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    job = Job.objects.create(
        project=project,
        name=stated["name"],
        spec=stated,
        spec_hash=hashlib.sha256(canonical.encode()).hexdigest(),
        dataset=None if dataset is None else _dataset(project, dataset),
        elsewhere=True,
        submitted_by=user,
        state=State.RUNNING,
        fence=1,
        cursor_attempt=1,
    )
    Job.objects.filter(pk=job.pk).update(started_at=Now(), lease_until=next_sign_of_life())
    Attempt.objects.create(job=job, number=1, fence=1, worker=ELSEWHERE, device=ELSEWHERE)
    announce_start(job_id=job.pk)
    notify(job_id=job.pk)
    job.refresh_from_db()
    return job


@transaction.atomic
def complete_elsewhere(
    *, job: Job, user: User, state: str, metrics: Mapping[str, float] | None = None, sentence: str = ""
) -> Job:
    """This will end a job trained elsewhere as succeeded, with its final metrics, or as failed, with a sentence.

    Saying the same again changes nothing. Raises UnableToComplete.
    """
    del user
    row = Job.objects.select_for_update().filter(pk=job.pk, deleted_at__isnull=True).first()
    if row is None or not row.elsewhere:
        raise UnableToComplete(
            f"Job {job.pk} is trained by a worker, which ends it." if row else f"Job {job.pk} was deleted."
        )
    if row.is_final and row.state == state:
        return row
    if row.is_final:
        raise UnableToComplete(f"Job {row.pk} has ended already: it is {row.state}.")
    said = storable.text(sentence.strip())[:LONGEST_SENTENCE]
    for attempt in row.attempts.filter(ended_at__isnull=True):
        end_attempt(attempt, ENDS[state], said)
    changes: dict[str, Any] = {"result": {"metrics": storable.data(dict(metrics or {})), "baselines": {}}}
    if state == State.FAILED:
        changes |= {"failure_cause": ELSEWHERE, "failure": said or "Its owner says that it failed."}
    Job.objects.filter(pk=row.pk).update(state=state, lease_until=None, finished_at=Now(), **changes)
    after_end(job_id=row.pk)
    notify(job_id=row.pk)
    row.refresh_from_db()
    return row


def next_attempt(row: Job, last: Attempt, *, step: int) -> Attempt:
    """This will begin another attempt of a locked job whose training has gone back to a step."""
    end_attempt(last, Outcome.LOST, f"The training went back to step {step} and on from there.")
    attempt = Attempt.objects.create(
        job=row, number=last.number + 1, fence=row.fence + 1, worker=ELSEWHERE, device=ELSEWHERE
    )
    Job.objects.filter(pk=row.pk).update(fence=F("fence") + 1, cursor_attempt=attempt.number)
    return attempt


def end_attempt(attempt: Attempt, outcome: Outcome, reason: str) -> None:
    """This will close an attempt; the caller has locked its job."""
    seal(attempt_id=attempt.pk)
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, reason=reason, ended_at=Now())


def next_sign_of_life() -> Combinable:
    """This will give the time, of the database, until which something must come."""
    silence = Value(timedelta(seconds=settings.SILENCE_SECONDS))
    return ExpressionWrapper(Now() + silence, output_field=DateTime())


def _name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise _refused("name", f"accepted are 1 to {LONGEST_NAME} printable characters.")
    return name


def _parameters(given: Mapping[str, Any]) -> Any:
    kept = storable.data(dict(given))
    if len(json.dumps(kept)) > LARGEST_DESCRIPTION:
        raise _refused(
            "parameters", f"they are too long; accepted are {LARGEST_DESCRIPTION:,} bytes of JSON."
        )
    return kept


def _dataset(project: Project, label: str) -> Dataset:
    found = find_dataset(project, label)
    if found is None:
        known = ", ".join(sorted(row.label for row in list_datasets(project=project))[:20])
        hint = f"accepted is one of this project: {known}." if known else "but this project has none yet."
        raise _refused("dataset", f"given {label[:80]!r}, {hint}")
    Dataset.objects.select_for_update(no_key=True).filter(
        pk=found.pk
    ).first()  # it stays until the job is there
    return found


def _refused(field: str, sentence: str) -> UnableToSubmit:
    path = f"{ELSEWHERE}.{field}"
    return UnableToSubmit(f"{path}: {sentence}", fields={path: sentence})
