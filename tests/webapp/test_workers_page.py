"""The page of the workers, and draining one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, User, Worker
from tests.engine_double import EngineDouble
from tests.webapp.working import a_worker


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(username="operator"))
    return client


def page(client: Client) -> str:
    return client.get("/workers/").content.decode()


def test_without_workers_the_page_says_how_to_start_one(viewer: Client) -> None:
    assert "python manage.py worker --queues cpu" in page(viewer)


def test_a_worker_shows_its_machine_and_what_it_is_at(viewer: Client, job: Job) -> None:
    a_worker(
        "double@test", queues=["cpu", "gpu"], device="cuda:0", device_name="NVIDIA H200", clock_ahead=-7.2
    )
    EngineDouble().start()
    text = page(viewer)
    for expected in (
        ">working<",
        "NVIDIA H200 (cuda:0), 3 threads",
        "memory: 41.0 GB free of 64.0 GB",
        "disk: 512.0 GB free",
        "clock 7 s behind",
        "python 3.11.9",
        f'href="/jobs/{job.pk}/"',
        "#queue-gpu",
    ):
        assert expected in text


def test_a_clock_that_is_nearly_right_is_not_mentioned(viewer: Client) -> None:
    a_worker("host/worker-1", clock_ahead=1.4)
    assert ">clock " not in page(viewer)


def test_a_job_of_another_project_is_not_named(people: dict[str, User], job: Job) -> None:
    a_worker("double@test")
    EngineDouble().start()
    stranger = Client()
    stranger.force_login(people["outsider"])
    text = page(stranger)
    assert "a job of another project" in text
    assert job.name not in text


def test_states_are_told_apart(viewer: Client) -> None:
    now = timezone.now()
    a_worker("idle")
    a_worker("gone", seen_at=now - timedelta(hours=2))
    a_worker("ended", stopped_at=now)
    a_worker("drained", drain_requested_at=now)
    text = page(viewer)
    for name, state in (("idle", "idle"), ("gone", "silent"), ("ended", "stopped"), ("drained", "drained")):
        row = text.partition(f'data-worker="{name}"')[2].partition("</tr>")[0]
        assert f'data-state="{state}"' in row


def test_only_a_superuser_is_offered_draining(viewer: Client, operator: Client) -> None:
    a_worker("host/worker-1")
    assert ">Drain</button>" not in page(viewer)
    assert ">Drain</button>" in page(operator)


def test_a_worker_is_drained_told_to_hand_back_and_taken_up_again(operator: Client, job: Job) -> None:
    worker = a_worker("double@test")
    EngineDouble().start()
    for wish, now, sentence in (
        ("drain", False, "finishes what it has"),
        ("now", True, "hands back what it has"),
    ):
        answer = operator.post(f"/workers/{worker.pk}/drain/", {"wish": wish}, follow=True)
        assert sentence in answer.content.decode()
        worker.refresh_from_db()
        assert worker.drain_requested_at is not None
        assert worker.drain_now is now
    answer = operator.post(f"/workers/{worker.pk}/drain/", {"wish": "off"}, follow=True)
    assert "takes jobs again" in answer.content.decode()
    assert Worker.objects.get().drain_requested_at is None


def test_a_worker_that_is_not_there_cannot_be_drained(operator: Client) -> None:
    assert operator.post("/workers/12345/drain/", {"wish": "drain"}).status_code == 404
