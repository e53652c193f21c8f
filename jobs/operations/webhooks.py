"""Telling webhooks what happened: one delivery for each that wants to know, in the transaction in which it did.

Nothing is sent here. A delivery is a row that a worker sends once the transaction is kept (`jobs.courier`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import FINAL, Baseline, Delivery, Group, Job, Project, Webhook

LONGEST_FAILURE = 1000


class Said(StrEnum):
    """What a webhook may be told of; `test` is sent when somebody asks for it, whatever it listens to."""

    JOB_STARTED = "job.started"
    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    GATE_PASSED = "gate.passed"
    GATE_FAILED = "gate.failed"
    GROUP_ENDED = "group.ended"
    BASELINE_MOVED = "baseline.moved"
    TEST = "test"


EVENTS = tuple(said for said in Said if said is not Said.TEST)


def announce_start(*, job_id: int) -> None:
    """This will say that a job has begun for the first time; the caller holds its row."""
    job = Job.objects.select_related("project", "submitted_by").get(pk=job_id)
    if _listening(job.project):
        _announce(job.project, Said.JOB_STARTED, {"job": about_job(job)})


def announce_job(*, job_id: int) -> None:
    """This will say how a job has ended, what its gates say, and, after the last one, that its group has.

    The caller holds the job's row, and has written its end and what came of its gates. Groups are locked after jobs
    everywhere: whoever ends several jobs in one transaction locks them all before the first of them ends.
    """
    job = Job.objects.select_related("project", "submitted_by").get(pk=job_id)
    if not _listening(job.project):
        return
    _announce(job.project, Said(f"job.{job.state}"), {"job": about_job(job)})
    if job.gate_outcome:
        _announce(job.project, Said(f"gate.{job.gate_outcome}"), {"job": about_job(job), "gates": job.gates})
    if job.group_id is not None:
        _announce_group(job.group_id)


def announce_baseline(*, baseline: Baseline, before: int | None) -> None:
    """This will say that a baseline is another job than the one it was `before`, if it was one."""
    if _listening(baseline.project):
        data = {"baseline": baseline.name, "job": about_job(baseline.job), "before": before}
        _announce(baseline.project, Said.BASELINE_MOVED, data)


def about_job(job: Job) -> dict[str, Any]:
    """This will give what messages say of a job."""
    return {
        "id": job.pk,
        "name": job.name,
        "project": job.project.slug,
        "group": job.group_id,
        "state": job.state,
        "submitted_by": job.submitted_by.username if job.submitted_by else None,
        "tags": job.tags,
        "created_at": _moment(job.created_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
        "failure_cause": job.failure_cause,
        "failure": job.failure[:LONGEST_FAILURE],
        "gate_outcome": job.gate_outcome,
    }


def new_delivery(webhook: Webhook, said: Said, data: Mapping[str, Any]) -> Delivery:
    """This will make the row of a message, not yet saved; a worker sends it as soon as it is committed."""
    body = {"type": str(said), "timestamp": _moment(timezone.now()), "data": data}
    return Delivery(
        webhook=webhook,
        message_id=f"msg_{uuid.uuid4().hex}",
        event=said,
        body=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        next_at=Now(),
    )


def _announce_group(group_id: int) -> None:
    # Two last jobs that end at the same moment would otherwise each see the other as not ended.
    group = _locked(group_id)
    jobs = Job.objects.filter(group=group, deleted_at__isnull=True).order_by()
    states = dict(jobs.values_list("state").annotate(count=Count("pk")))
    if set(states) - set(FINAL):
        return
    data = {
        "id": group.pk,
        "name": group.name,
        "project": group.project.slug,
        "jobs": states,
        "gate_outcome": group.gate_outcome,
    }
    _announce(group.project, Said.GROUP_ENDED, {"group": data, "gates": group.gates})
    if group.gate_outcome:
        _announce(group.project, Said(f"gate.{group.gate_outcome}"), {"group": data, "gates": group.gates})


def _locked(group_id: int) -> Group:
    held = Group.objects.select_for_update(no_key=True, of=("self",))
    return held.select_related("project").get(pk=group_id)


def _listening(project: Project) -> bool:
    return Webhook.objects.filter(project=project, is_on=True).exists()


def _announce(project: Project, said: Said, data: Mapping[str, Any]) -> None:
    # Shared: announcements pass each other. One that is deleted meanwhile would undo the end of a job.
    wanted = Webhook.objects.raw(
        "SELECT * FROM jobs_webhook WHERE project_id = %s AND is_on AND events @> %s::jsonb ORDER BY id FOR KEY SHARE",
        [project.pk, json.dumps([said])],
    )
    Delivery.objects.bulk_create([new_delivery(webhook, said, data) for webhook in wanted])


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")
