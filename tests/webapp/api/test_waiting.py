from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from jobs.models import Group, Job, Prediction, State
from tests.webapp.conftest import MakeJob


def meanwhile(change: Callable[[], Any]) -> threading.Thread:
    """This will make a change while somebody waits."""

    def work() -> None:
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            threading.Event().wait(0.05)
        change()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_job_that_has_ended_is_not_waited_for(api: APIClient, make_job: MakeJob) -> None:
    job = make_job(state=State.FAILED)
    began = time.monotonic()
    assert api.get(f"/api/v1/jobs/{job.pk}/?wait=60").json()["state"] == "failed"
    assert time.monotonic() - began < 10


def test_waiting_ends_after_the_seconds_that_were_given(api: APIClient, job: Job) -> None:
    began = time.monotonic()
    assert api.get(f"/api/v1/jobs/{job.pk}/?wait=1").json()["state"] == "queued"
    assert 0.9 < time.monotonic() - began < 10


@pytest.mark.django_db(transaction=True)
def test_waiting_ends_with_the_job(api: APIClient, job: Job) -> None:
    thread = meanwhile(lambda: Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED))
    assert api.get(f"/api/v1/jobs/{job.pk}/?wait=60").json()["state"] == "succeeded"
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_who_names_what_it_has_waits_for_any_change(api: APIClient, job: Job) -> None:
    tag = api.get(f"/api/v1/jobs/{job.pk}/")["ETag"]
    address = f"/api/v1/jobs/{job.pk}/?wait=60"
    thread = meanwhile(lambda: Job.objects.filter(pk=job.pk).update(step=7))
    answer = api.get(address, HTTP_IF_NONE_MATCH=tag)
    thread.join()
    assert (answer.status_code, answer.json()["step"]) == (200, 7)


def test_who_names_what_it_has_is_told_when_nothing_changed(api: APIClient, job: Job) -> None:
    tag = api.get(f"/api/v1/jobs/{job.pk}/")["ETag"]
    answer = api.get(f"/api/v1/jobs/{job.pk}/?wait=1", HTTP_IF_NONE_MATCH=tag)
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_group_ends_with_its_last_job(api: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    group = Group.objects.create(project=job.project, name="study", document={})
    Job.objects.filter(pk=job.pk).update(group=group)
    thread = meanwhile(lambda: Job.objects.filter(pk=job.pk).update(state=State.CANCELLED))
    answer = api.get(f"/api/v1/groups/{group.pk}/?wait=60").json()
    thread.join()
    assert answer["cells"][0]["jobs"][0]["state"] == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_student_ends_with_its_answer(api: APIClient, job: Job) -> None:
    asked = Prediction.objects.create(job=job, sentence="a door opens")
    change = {"state": "answered", "answer": {"windows": []}}
    thread = meanwhile(lambda: Prediction.objects.filter(pk=asked.pk).update(**change))
    answer = api.get(f"/api/v1/jobs/{job.pk}/predictions/{asked.pk}/?wait=60").json()
    thread.join()
    assert answer["state"] == "answered"


@pytest.mark.parametrize("seconds", ["61", "-1", "x"])
def test_waiting_too_long_is_refused(api: APIClient, job: Job, seconds: str) -> None:
    assert api.get(f"/api/v1/jobs/{job.pk}/?wait={seconds}").status_code == 400
