"""Bells, ticks and the worker's loop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from jobs import doorbell, stopping, tasks, tick
from jobs.celery import app
from jobs.doorbell import ring, rings_waiting
from jobs.models import Registration, State
from jobs.notify import Listener, notify
from jobs.operations.claims import Claim
from jobs.tick import Tick
from tests.jobs.registering import Desk


@pytest.fixture
def queue(broker_url: str) -> str:
    """A line in the real broker that no other test uses."""
    return f"test-{os.urandom(4).hex()}"


def test_a_ring_waits_in_the_broker_until_a_worker_takes_it(queue: str) -> None:
    assert rings_waiting(queue) == 0
    assert ring(queue)
    assert rings_waiting(queue) == 1


def test_a_broker_that_is_away_is_told_by_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = type(app)("gone", broker="redis+socket:///nowhere/valkey.sock", set_as_current=False)
    gone.conf.update(app.conf)
    gone.conf.broker_url = "redis+socket:///nowhere/valkey.sock"
    monkeypatch.setattr(doorbell, "app", gone)
    assert ring("cpu") is False
    assert rings_waiting("cpu") is None


@pytest.mark.django_db
def test_the_tick_rings_for_what_waits_and_only_once(make_job: Any, queue: str) -> None:
    make_job(queue=queue)
    Tick().beat()
    Tick().beat()
    assert rings_waiting(queue) == 1


@pytest.mark.django_db
def test_the_tick_rings_for_registrations_too(desk: Desk, queue: str) -> None:
    Registration.objects.filter(pk=desk.ask("tiny").pk).update(queue=queue)
    Tick().beat()
    assert rings_waiting(queue) == 1


@pytest.mark.django_db
def test_the_tick_survives_an_outage_and_then_reaps_nothing_for_a_lease(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    beating, reaped = Tick(), []
    monkeypatch.setattr(tick, "reap", lambda: reaped.append(1))
    monkeypatch.setattr(tick, "reap_registrations", lambda: reaped.append(2))

    def gone(*_: Any) -> bool:
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(tick, "try_to_hold", gone)
        away.setattr(connection, "close", lambda: None)
        beating.beat()
    settings.LEASE_SECONDS = 1000
    beating.beat()
    assert reaped == []
    settings.LEASE_SECONDS = 0
    beating.beat()
    assert reaped == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_worker_works_until_the_queue_is_empty(make_job: Any) -> None:
    jobs = [make_job("steps:2") for _ in range(3)]
    assert tasks.work("cpu") == 3
    for job in jobs:
        job.refresh_from_db()
        assert job.state == State.SUCCEEDED
        assert job.attempts.get().worker.endswith(str(os.getpid()))


@pytest.mark.django_db
def test_a_worker_that_is_stopping_takes_no_job(make_job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    monkeypatch.setattr(stopping, "is_announced", lambda: True)
    assert tasks.work("cpu") == 0
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_term_signal_announces_the_stop_while_work_goes_on() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping.sigterm_announces():
        assert not stopping.is_announced()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.is_announced()
    assert signal.getsignal(signal.SIGTERM) is before
    with stopping.sigterm_announces():
        assert not stopping.is_announced()


@pytest.mark.django_db(transaction=True)
def test_a_listener_hears_which_job_changed(make_job: Any, take: Callable[[], Claim]) -> None:
    job = make_job()
    listener = Listener()
    try:
        assert listener.wait(seconds=1) is None
        notify(job_id=job.pk)
        assert listener.wait(seconds=5) == {job.pk}
        take()
        assert listener.wait(seconds=5) == {job.pk}
        assert listener.wait(seconds=0.01) == set()
    finally:
        listener.close()
