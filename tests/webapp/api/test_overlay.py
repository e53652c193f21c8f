"""One metric of many jobs over REST."""

from __future__ import annotations

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs.chunks import Run
from jobs.models import Attempt, Job, Membership, Project, Role, User
from jobs.operations.elsewhere import start_elsewhere
from jobs.operations.metrics import MetricWriter
from jobs.operations.projects import create_project

pytestmark = pytest.mark.django_db


def with_points(project: Project, user: User, *, count: int, height: float) -> Job:
    job = start_elsewhere(project=project, user=user, name="x", parameters={})
    steps = np.arange(count)
    run = Run(steps + 1, steps, np.full(count, height), steps)
    attempt = Attempt.objects.get(job=job)
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write({"loss": run, "other": run})
    return job


@pytest.fixture
def elsewhere(people: dict[str, User]) -> Project:
    return create_project(name="Another", user=people["admin"])


def test_curves_of_several_projects_come_together(
    api: APIClient, people: dict[str, User], project: Project, elsewhere: Project
) -> None:
    one = with_points(project, people["editor"], count=700, height=1.0)
    two = with_points(elsewhere, people["admin"], count=3, height=2.0)
    address = f"/api/v1/metrics/?jobs={one.pk},{two.pk}&name=loss"
    assert api.get(address).status_code == 404
    Membership.objects.create(project=elsewhere, user=people["editor"], role=Role.VIEWER)
    read = api.get(address + "&px=1000").json()
    assert read["name"] == "loss"
    assert {job: len(curve["steps"]) for job, curve in read["series"].items()} == {
        str(one.pk): 700,
        str(two.pk): 3,
    }
    assert read["series"][str(two.pk)]["values"] == [2.0, 2.0, 2.0]
    near = api.get(address + "&step_from=1&step_to=2&times=1").json()["series"][str(one.pk)]
    assert (near["steps"], len(near["times_ms"])) == ([1, 2], 2)


def test_a_hundred_jobs_cost_one_query_more_than_their_owners(
    api: APIClient,
    people: dict[str, User],
    project: Project,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    jobs = [with_points(project, people["editor"], count=2, height=float(n)) for n in range(100)]
    address = "/api/v1/metrics/?name=loss&jobs=" + ",".join(str(job.pk) for job in jobs)
    with django_assert_max_num_queries(6):
        read = api.get(address).json()["series"]
    assert len(read) == 100


def test_a_job_without_the_metric_is_left_out(
    api: APIClient, people: dict[str, User], project: Project
) -> None:
    job = with_points(project, people["editor"], count=2, height=1.0)
    assert api.get(f"/api/v1/metrics/?jobs={job.pk}&name=nothing").json()["series"] == {}


@pytest.mark.parametrize("jobs", ["", "x", "1;2", "-1", ",".join(map(str, range(1, 102)))])
def test_ids_that_are_none_are_refused(api: APIClient, jobs: str) -> None:
    answer = api.get("/api/v1/metrics/", {"jobs": jobs, "name": "loss"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["jobs"])


def test_several_metrics_come_in_one_answer(
    api: APIClient, people: dict[str, User], project: Project
) -> None:
    jobs = [with_points(project, people["editor"], count=3, height=float(n)) for n in (1, 2)]
    address = f"/api/v1/metrics/?jobs={jobs[1].pk},{jobs[0].pk}"
    read = api.get(f"{address}&names=other,loss,nothing").json()
    assert set(read) == {"x", "curves"}
    assert [curve["name"] for curve in read["curves"]] == ["other", "loss", "nothing"]
    assert read["curves"][1]["series"][str(jobs[1].pk)]["values"] == [2.0, 2.0, 2.0]
    assert read["curves"][2]["series"] == {}


def test_time_begins_with_each_job(api: APIClient, people: dict[str, User], project: Project) -> None:
    job = with_points(project, people["editor"], count=5, height=1.0)
    read = api.get(f"/api/v1/metrics/?jobs={job.pk}&name=loss&x=time&x_from=0.002&x_to=0.003").json()
    curve = read["series"][str(job.pk)]
    assert (read["x"], curve["x"], curve["steps"]) == ("time", [0.002, 0.003], [2, 3])
    assert api.get(f"/api/v1/metrics/?jobs={job.pk}&name=loss&x=epoch").json()["series"] == {}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("", "name"),
        ("name=loss&names=other", "name"),
        ("names=,", "names"),
        ("names=" + ",".join(map(str, range(25))), "names"),
        ("name=loss&x=year", "x"),
        ("name=loss&x_from=NaN", "x_from"),
        ("name=loss&x_to=x", "x_to"),
        ("name=loss&x=time&step_from=3", "step_from"),
        ("name=loss&px=0", "px"),
    ],
)
def test_what_cannot_be_drawn_is_refused_at_its_field(
    api: APIClient, people: dict[str, User], project: Project, more: str, field: str
) -> None:
    job = with_points(project, people["editor"], count=2, height=1.0)
    answer = api.get(f"/api/v1/metrics/?jobs={job.pk}&{more}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
