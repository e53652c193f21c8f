from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Attempt, Job, State, User, Worker
from jobs.operations.tokens import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> Worker:
    now = timezone.now()
    return Worker.objects.create(
        name="host/one", host="host", pid=4, queues=["cpu"], started_at=now, seen_at=now
    )


@pytest.fixture
def operator(db: None) -> APIClient:
    user = User.objects.create_superuser(username="root", password="correct horse battery")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, name='t')[1]}")
    return client


def working(worker: Worker, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, fence=1)
    Attempt.objects.create(job=job, number=1, fence=1, worker=worker.name, worker_row=worker)


def test_workers_are_listed_for_whoever_is_logged_in(api: APIClient, worker: Worker, job: Job) -> None:
    working(worker, job)
    (row,) = api.get("/api/v1/workers/").json()
    assert (row["name"], row["state"], row["queues"], row["job"]) == ("host/one", "busy", ["cpu"], job.pk)


def test_the_job_of_a_project_one_may_not_look_at_is_not_named(
    people: dict[str, User], worker: Worker, job: Job
) -> None:
    working(worker, job)
    client = APIClient()
    client.force_authenticate(people["outsider"])
    (row,) = client.get("/api/v1/workers/").json()
    assert (row["state"], row["job"]) == ("busy", None)


def test_a_superuser_drains_a_worker_and_lets_it_work_again(operator: APIClient, worker: Worker) -> None:
    address = f"/api/v1/workers/{worker.pk}/drain/"
    answer = operator.put(address, {}, format="json").json()
    assert (answer["state"], answer["drain_now"]) == ("drained", False)
    assert operator.put(address, {"now": True}, format="json").json()["drain_now"] is True
    answer = operator.delete(address).json()
    assert (answer["state"], answer["drain_requested_at"]) == ("idle", None)


def test_nobody_else_drains_and_what_is_none_is_refused(
    api: APIClient, operator: APIClient, worker: Worker
) -> None:
    address = f"/api/v1/workers/{worker.pk}/drain/"
    assert api.put(address, {}, format="json").status_code == 403
    assert api.delete(address).status_code == 403
    assert operator.put("/api/v1/workers/999/drain/", {}, format="json").status_code == 404
    refused = operator.put(address, {"soon": True}, format="json")
    assert refused.status_code == 400
    assert "there is no such field" in str(refused.json())
