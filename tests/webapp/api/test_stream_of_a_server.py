"""Streams and long polls of a running web process, over the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from django.db import connection
from rest_framework.test import APIClient

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import Job
from mtkd_engine.events import Metrics
from tests.engine_double import EngineDouble

pytestmark = pytest.mark.slow


@pytest.fixture
def child(process_environment: dict[str, str]) -> Iterator[tuple[str, Child]]:
    listener = programs.listen({"MTKD_PORT": ""})
    child = Child(
        program=programs.web(listener=listener, environment=process_environment), home=Home.from_environment()
    )
    try:
        programs.wait_for_web(child=child, listener=listener)
        yield programs.address(listener).rstrip("/"), child
    finally:
        child.stop()
        listener.close()


@pytest.fixture
def client(child: tuple[str, Child], job: Job, api: APIClient) -> Iterator[httpx.Client]:
    headers = {"Authorization": api._credentials["HTTP_AUTHORIZATION"]}
    with httpx.Client(base_url=child[0], headers=headers, timeout=70) as client:
        yield client


def test_a_stream_is_read_line_by_line_until_the_job_has_ended(client: httpx.Client, job: Job) -> None:
    double = EngineDouble()
    double.start(total_steps=3)
    with client.stream("GET", f"/api/v1/jobs/{job.pk}/stream/") as answer:
        lines = answer.iter_lines()
        for line in lines:
            if line == "event: job":
                break
        double.say(Metrics(step=1, values={"loss/total": 0.5}))
        assert any(line.startswith("data:") and '"loss/total"' in line for line in lines)
        double.finish()
        assert list(lines)[-3] == "event: end"


def test_who_waits_is_answered_when_the_job_ends_and_needs_no_connection_meanwhile(
    client: httpx.Client, job: Job
) -> None:
    answers: list[str] = []

    def wait() -> None:
        answers.append(client.get(f"/api/v1/jobs/{job.pk}/?wait=60").json()["state"])

    readers = [threading.Thread(target=wait) for _ in range(20)]
    for reader in readers:
        reader.start()
    assert client.get("/api/v1/projects/").status_code == 200  # there are connections left for others
    Job.objects.filter(pk=job.pk).update(state="succeeded")
    for reader in readers:
        reader.join(timeout=30)
    assert answers == ["succeeded"] * 20


def test_a_web_process_is_not_kept_by_its_readers(
    client: httpx.Client, job: Job, child: tuple[str, Child]
) -> None:
    with client.stream("GET", f"/api/v1/jobs/{job.pk}/stream/") as answer:
        assert next(answer.iter_lines()).startswith("retry")
        began = time.monotonic()
        child[1].stop()
        assert time.monotonic() - began < 15
    connection.close()
