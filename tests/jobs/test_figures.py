"""Numbers for monitoring: right for small tables, and read without looking through large ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from jobs.models import Attempt, Beat, Event, Job, MetricChunk, State, Worker
from jobs.queries.figures import figures
from tests.jobs.conftest import MakeJob

pytestmark = pytest.mark.django_db
MANY = 30_000


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job, jobs_event, jobs_metricchunk, jobs_attempt")


def add_many(job: Job, attempt: Attempt) -> None:
    """Ended jobs, events and chunks by the ten thousand."""
    repeat(job, state="'succeeded'", finished_at="now()")
    repeat(Event.objects.create(job=job, attempt=attempt, seq=0, kind="said", payload={}, at=Now()), seq="n")
    chunk = MetricChunk.objects.create(
        job=job,
        attempt=attempt,
        metric="loss",
        seq_first=0,
        seq_last=0,
        step_first=0,
        step_last=0,
        points=500,
        minimum=0,
        maximum=1,
        data=b"x" * 200,
    )
    repeat(chunk, seq_first="n", seq_last="n", step_first="n", step_last="n")


def repeat(row: Model, **changes: str) -> None:
    """This will add many rows like one, but for some columns: in the database, where it takes no time."""
    columns = [str(field.column) for field in row._meta.concrete_fields if not field.primary_key]
    chosen, given = ", ".join(columns), ", ".join(changes.get(column, column) for column in columns)
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({chosen}) SELECT {given} FROM {table}, generate_series(1, {MANY}) AS n "
            f"WHERE id = {row.pk}"
        )


@pytest.fixture
def attempt(make_job: MakeJob) -> Attempt:
    job = make_job(state=State.RUNNING)
    return Attempt.objects.create(job=job, number=1, fence=1, worker="here", journal_behind=4096)


def worker(name: str, **changes: Any) -> None:
    given = {"host": "here", "pid": 1, "queues": ["cpu", "gpu"], "started_at": Now(), "seen_at": Now()}
    Worker.objects.create(name=name, **{**given, **changes})


def test_an_empty_installation_has_figures_too(db: None) -> None:
    found = figures()
    assert (found.jobs, found.waiting_seconds, found.workers) == ({}, {}, {})
    assert (found.reaper_seconds, found.recorder_behind_bytes, found.points) == (None, 0, 0)
    assert found.database_bytes > 1_000_000


def test_what_waits_and_runs_is_counted(make_job: MakeJob, attempt: Attempt) -> None:
    for state, count in ((State.QUEUED, 2), (State.PAUSED, 1)):
        for _ in range(count):
            make_job(state=state, queued_at=Now() - timedelta(seconds=90))
    make_job(state=State.SUCCEEDED, finished_at=Now())
    make_job(queue="gpu", queued_at=Now(), deleted_at=Now())
    found = figures()
    assert found.jobs == {("cpu", "queued"): 2, ("cpu", "paused"): 1, ("cpu", "running"): 1}
    assert 80 <= found.waiting_seconds["cpu"] < 150
    assert found.recorder_behind_bytes == 4096


def test_only_workers_that_were_heard_of_are_alive(db: None) -> None:
    worker("a")
    worker("b", queues=["cpu"])
    worker("silent", seen_at=Now() - timedelta(minutes=5))
    worker("stopped", stopped_at=Now())
    assert figures().workers == {"cpu": 2, "gpu": 1}


def test_the_age_of_the_reaper_is_that_of_its_last_beat(db: None) -> None:
    Beat.objects.create(pk="reaper", at=Now() - timedelta(seconds=40), by="here")
    assert 30 <= (figures().reaper_seconds or 0) < 100


def test_large_tables_are_estimated_and_never_looked_through(attempt: Attempt) -> None:
    add_many(attempt.job, attempt)
    analyze()
    with CaptureQueriesContext(connection) as asked:
        found = figures()
    assert found.jobs == {("cpu", "running"): 1}
    assert abs(found.ended["succeeded"] - MANY) < MANY / 10
    assert abs(found.events - MANY) < MANY / 10
    assert abs(found.points - MANY * 500) < MANY * 500 / 5
    assert len(asked) < 12
    read = dict.fromkeys(("jobs_job", "jobs_event", "jobs_metricchunk", "jobs_attempt"), 0)
    for query in asked.captured_queries:
        for plan in plans(query["sql"]):
            if plan.get("Relation Name") in read:
                rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
                read[plan["Relation Name"]] += rows * plan["Actual Loops"]
    assert read["jobs_job"] < 10
    assert read["jobs_event"] == 0
    assert read["jobs_metricchunk"] < MANY / 3
    assert read["jobs_attempt"] < 10


def plans(statement: str) -> list[dict[str, Any]]:
    """All nodes of the plan that a statement was carried out by."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    nodes = [root]
    for node in nodes:
        nodes.extend(node.get("Plans", []))
    return nodes
