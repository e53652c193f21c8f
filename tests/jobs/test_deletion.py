"""What deleted jobs leave, and what is kept for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.chunks import Run
from jobs.models import Artifact, Attempt, Blob, Event, Job, LogChunk, MetricChunk, Project, Teacher
from jobs.operations import deletion
from jobs.operations.deletion import remove_deleted
from jobs.operations.metrics import MetricWriter
from jobs.operations.retention import expire_jobs, remove_old_logs, sweep_database

pytestmark = pytest.mark.django_db


def grown(job: Job, *, points: int = 5_000) -> Job:
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    steps = np.arange(points)
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write(
        {name: Run(steps + 1, steps, steps * 0.5, steps) for name in ("a", "b")}
    )
    Event.objects.create(
        job=job, attempt=attempt, seq=points + 1, kind="entered", payload={}, at=timezone.now()
    )
    blob, _ = Blob.objects.get_or_create(sha256="b" * 64, defaults={"size": 1, "touched_at": timezone.now()})
    Artifact.objects.create(job=job, attempt=attempt, name="engine-1.log", blob=blob, size=1)
    LogChunk.objects.create(job=job, attempt=attempt, start=0, size=2, text="x\n")
    return job


def left() -> dict[str, int]:
    models = (Job, Attempt, MetricChunk, Event, Artifact, LogChunk)
    return {model.__name__: model._default_manager.count() for model in models}


def ended(job: Job, *, days: float) -> Job:
    Job.objects.filter(pk=job.pk).update(state="succeeded", finished_at=Now() - timedelta(days=days))
    return job


def test_a_deleted_job_goes_with_all_it_had_and_nothing_else_does(make_job: Any) -> None:
    keep, go = grown(make_job()), grown(make_job())
    before = left()
    Job.objects.filter(pk=go.pk).update(deleted_at=Now())
    assert remove_deleted() > 20
    assert left() == {name: count // 2 for name, count in before.items()}
    assert Job.objects.get() == keep
    assert remove_deleted() == 0
    assert Blob.objects.exists()  # its bytes wait for the next tidying up


def test_a_job_may_take_many_rounds(make_job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "AT_ONCE", 3)
    job = grown(make_job())
    Job.objects.filter(pk=job.pk).update(deleted_at=Now())
    sizes = []
    while (gone := remove_deleted(limit=7)) > 0:
        sizes.append(gone)
    assert max(sizes) == 7
    assert len(sizes) > 3
    assert set(left().values()) == {0}


def test_no_chunk_is_ever_read(make_job: Any, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    job = grown(make_job(), points=50_000)
    Job.objects.filter(pk=job.pk).update(deleted_at=Now())
    with django_assert_max_num_queries(60) as queries:
        remove_deleted()
    assert not [query for query in queries.captured_queries if '"data"' in query["sql"]]


def test_a_project_keeps_its_jobs_as_long_as_it_says(
    make_job: Any, project: Project, teacher: Teacher
) -> None:
    old, young, running, promoted = (make_job() for _ in range(4))
    ended(old, days=31), ended(young, days=29), ended(promoted, days=400)
    Job.objects.filter(pk=running.pk).update(created_at=Now() - timedelta(days=400))
    Teacher.objects.filter(pk=teacher.pk).update(from_job=promoted)
    assert expire_jobs() == 0
    Project.objects.filter(pk=project.pk).update(keep_days=30)
    assert expire_jobs() == 1
    assert list(Job.objects.filter(deleted_at__isnull=False)) == [old]
    assert sweep_database() == 1
    assert set(Job.objects.values_list("pk", flat=True)) == {young.pk, running.pk, promoted.pk}


def test_a_job_that_others_were_made_from_goes_without_them(make_job: Any) -> None:
    source, copy = make_job(), make_job()
    Job.objects.filter(pk=copy.pk).update(resubmitted_from=source)
    Job.objects.filter(pk=source.pk).update(deleted_at=Now())
    remove_deleted()
    copy.refresh_from_db()
    assert copy.resubmitted_from is None


def test_lines_of_a_log_go_when_the_whole_of_it_is_an_artifact(make_job: Any) -> None:
    job = ended(grown(make_job()), days=15)
    without = ended(grown(make_job()), days=15)
    Artifact.objects.filter(job=without).delete()
    ended(grown(make_job()), days=13)
    assert remove_old_logs() == 1
    assert not LogChunk.objects.filter(job=job).exists()
    assert LogChunk.objects.count() == 2
