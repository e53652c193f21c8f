"""What stays of a result as numbers that can be searched, sorted and judged."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from jobs.models import FinalMetric, Job, Project, State, User
from jobs.operations.claims import Claim
from jobs.operations.elsewhere import complete_elsewhere, start_elsewhere
from jobs.operations.endings import fail, succeed
from jobs.queries.final_metrics import names_in, of_jobs, value_of

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]

RESULT: dict[str, Any] = {
    "metrics": {"miou": 0.5, "r1@0.5": "NaN", "words": "no number", "flag": True, "huge": 10**400},
    "best": {"val": {"miou": 0.55}, "test": {"miou": 0.5}},
    "best_step": 40,
    "baselines": {"uniform": {"miou": 0.4}, "teacher:span": {"miou": 0.45, "x" * 300: 1.0}},
    "parameters": 1234,
    "cost": {
        "student": {
            "parameters": 1234,
            "macs": 5e6,
            "memory_bytes": 2048,
            "latency_ms": 3.5,
            "latency_p90_ms": 4.5,
        }
    },
}
EXPECTED = {
    "test/miou": 0.5,
    "val/miou": 0.55,
    "uniform/miou": 0.4,
    "teacher:span/miou": 0.45,
    "student.params": 1234.0,
    "student.macs": 5e6,
    "student.memory_bytes": 2048.0,
    "latency_ms.p50": 3.5,
    "latency_ms.p90": 4.5,
    "best_step": 40.0,
}


def kept(job: Job) -> dict[str, float]:
    """All but the seconds that it took."""
    found = of_jobs([job.pk])[job.pk]
    assert found.pop("seconds") >= 0.0
    return found


def test_the_numbers_of_a_result_are_kept_by_name(make_job: Any, take: Take) -> None:
    job = make_job()
    succeed(claim=take(), result=RESULT)
    assert kept(job) == EXPECTED


def test_metrics_of_a_job_trained_elsewhere_keep_their_names(project: Project, user: User) -> None:
    job = start_elsewhere(project=project, user=user, name="laptop", parameters={})
    complete_elsewhere(job=job, user=user, state="succeeded", metrics={"val/miou": 0.4, "bad": float("inf")})
    assert kept(job) == {"val/miou": 0.4}


def test_a_job_that_failed_has_no_final_metrics(make_job: Any, take: Take) -> None:
    job = make_job()
    fail(claim=take(), cause="crashed", sentence="It broke.")
    assert of_jobs([job.pk]) == {job.pk: {}}


def test_a_metric_without_a_split_is_meant_on_test() -> None:
    metrics = {"test/miou": 0.5, "val/miou": 0.6, "loss": 1.0, "test/loss": 2.0}
    assert [value_of(metrics, name) for name in ("miou", "val/miou", "loss", "none")] == [0.5, 0.6, 1.0, None]


def test_a_project_names_its_own_metrics_only(make_job: Any, take: Take, project: Project) -> None:
    make_job()
    succeed(claim=take(), result=RESULT)
    assert names_in(project) == sorted([*EXPECTED, "seconds"])
    assert names_in(Project.objects.create(name="Other", slug="other")) == []


def test_jobs_that_ended_before_get_theirs_from_their_results(make_job: Any, take: Take) -> None:
    job, other = make_job(), make_job(name="steps:10")
    succeed(claim=take(), result=RESULT)
    before = of_jobs([job.pk])
    FinalMetric.objects.all().delete()
    Job.objects.filter(pk=other.pk).update(state=State.FAILED, result=RESULT)
    migration = importlib.import_module("jobs.migrations.0013_final_metrics_of_old_jobs")
    for _ in range(2):
        migration.keep_final_metrics(apps, None)
        assert of_jobs([job.pk, other.pk]) == {**before, other.pk: {}}
