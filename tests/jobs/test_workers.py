"""Workers present themselves, drain, and do not keep others waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from jobs import identity, machine, stopping, tasks, tick
from jobs.identity import Identity
from jobs.models import Beat, Queue, State, User, Worker
from jobs.operations import workers
from jobs.operations.claims import claim
from jobs.operations.errors import UnableToServe
from jobs.operations.locks import Lock, hold, try_to_hold
from jobs.operations.workers import (
    check_options,
    register_worker,
    remove_forgotten_workers,
    request_drain,
    undrain,
    worker_beat,
    worker_stopped,
)
from jobs.queries.workers import list_workers, seats
from jobs.tick import Tick
from tests.jobs.conftest import MakeJob, WaitFor

ONE = Identity(name="host/one", host="host", pid=2**30, queues=("cpu", "gpu"), device="cpu", threads=2)


@pytest.fixture(autouse=True)
def _undrained() -> Any:
    yield
    stopping.drain(False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"queues": ["cpu", "intake"]}, "queues: given 'cpu,intake', accepted is intake alone"),
        ({"queues": []}, "queues: given '', accepted is at least one queue, and each once"),
        ({"queues": ["cpu", "cpu"]}, "given 'cpu,cpu', accepted is at least one queue, and each once"),
        ({"queues": ["big gpu"]}, "given 'big gpu', accepted are up to 40 letters, digits, - and _"),
        ({"device": "tpu"}, "device: given 'tpu', accepted is cpu, cuda, or one card as cuda:0"),
        ({"device": "cuda:x"}, "device: given 'cuda:x'"),
        ({"name": "../one"}, "name: given '../one', accepted are up to 80 letters"),
        ({"threads": 0}, "threads: given 0, accepted is a whole number from 1 to 1024"),
    ],
)
def test_options_that_no_worker_starts_with_are_refused_in_a_sentence(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnableToServe) as refused:
        check_options(**{"name": "one", "queues": ["cpu"], "device": "cpu", "threads": 1, **given})
    assert said in refused.value.message
    assert refused.value.fields.keys() == given.keys()


def test_names_of_queues_and_devices_of_any_use_are_accepted() -> None:
    for device in ("cpu", "cuda", "cuda:0", "cuda:15"):
        check_options(name="gpu-box.1", queues=["gpu_big", "A-100"], device=device, threads=64)


def test_the_machine_is_told() -> None:
    whole, free = machine.memory()
    assert 0 < free <= whole
    assert machine.free_disk(settings.MTKD_HOME / "not" / "made") > 0
    assert machine.versions()["python"].startswith("3.")
    assert machine.device_name("cuda:99") == ""


@pytest.mark.django_db
def test_a_worker_is_written_down_with_its_clock_and_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 600)
    row = register_worker(identity=ONE)
    row.refresh_from_db()
    assert 595 < row.clock_ahead < 605
    assert (row.queues, row.device, row.threads, row.stopped_at) == (["cpu", "gpu"], "cpu", 2, None)
    assert row.memory_bytes > row.memory_free_bytes > 0
    assert abs((row.seen_at - timezone.now()).total_seconds()) < 60


@pytest.mark.django_db
def test_a_living_worker_keeps_its_name_and_a_dead_one_does_not() -> None:
    register_worker(identity=ONE)
    elsewhere = replace(ONE, host="other", pid=7)
    with pytest.raises(UnableToServe, match=r"a worker of that name is alive \(process 1073741824 on host\)"):
        register_worker(identity=elsewhere)
    register_worker(identity=replace(ONE, pid=8))  # the process that had it does not run any more
    Worker.objects.update(seen_at=F("seen_at") - timedelta(seconds=4 * settings.WORKER_BEAT_SECONDS))
    assert register_worker(identity=elsewhere).host == "other"
    worker_stopped(identity=elsewhere)
    assert register_worker(identity=replace(ONE, host="third")).host == "third"


@pytest.mark.django_db
def test_a_worker_that_lost_its_name_ends_and_one_that_lost_its_row_registers_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tick.os, "kill", lambda _pid, number: asked.append(number))
    Tick().present()
    Worker.objects.all().delete()
    Tick().present()
    assert Worker.objects.get().name == identity.worker_name()
    Worker.objects.update(host="another", pid=7)
    Tick().present()
    assert asked == [tick.signal.SIGTERM]
    assert Worker.objects.get().host == "another"


@pytest.mark.django_db
def test_a_beat_says_that_its_queues_are_served_unless_it_drains(user: User) -> None:
    row = worker_beat(identity=ONE)
    assert set(Queue.objects.values_list("name", flat=True)) == {"cpu", "gpu"}
    assert (seats("cpu"), seats("gpu"), seats("tpu")) == (1, 1, 0)
    Queue.objects.all().delete()
    request_drain(worker=row, user=user)
    worker_beat(identity=ONE)
    assert not Queue.objects.exists()
    assert seats("cpu") == 0


@pytest.mark.django_db
def test_a_drained_worker_takes_nothing_until_it_may_again(make_job: MakeJob, user: User) -> None:
    job = make_job("steps:2")
    row = register_worker(identity=identity.of_this_process())
    request_drain(worker=row, user=user, now=True)
    assert tasks.work("cpu") == 0
    assert stopping.is_draining()
    assert stopping.is_announced()  # what it has is handed back
    assert not stopping.is_ending()
    register_worker(identity=identity.of_this_process())
    row.refresh_from_db()
    assert row.drain_now  # a restart does not forget it
    undrain(worker=row, user=user)
    Tick().present()
    assert not stopping.is_draining()
    assert row.drain_requested_at is None
    job.refresh_from_db()
    assert job.state == State.QUEUED


@pytest.mark.django_db
def test_workers_are_listed_with_what_they_do(make_job: MakeJob, user: User) -> None:
    names = ("busy", "draining", "drained", "idle", "silent", "stopped")
    rows = {name: register_worker(identity=replace(ONE, name=f"host/{name}")) for name in names}
    for name in ("busy", "draining"):
        make_job()
        assert claim(queue="cpu", worker=rows[name], threads=1, device="cpu") is not None
    for name in ("draining", "drained"):
        request_drain(worker=rows[name], user=user)
    Worker.objects.filter(name="host/silent").update(seen_at=F("seen_at") - timedelta(days=1))
    worker_stopped(identity=replace(ONE, name="host/stopped"))
    found = {state.row.name.partition("/")[2]: state for state in list_workers()}
    assert {name: state.state for name, state in found.items()} == {name: name for name in names}
    assert found["busy"].job is not None
    assert found["busy"].job.worker == "host/busy"


@pytest.mark.django_db
def test_workers_that_were_silent_for_a_week_are_forgotten() -> None:
    for days in (6, 8):
        register_worker(identity=replace(ONE, name=f"host/{days}"))
        Worker.objects.filter(name=f"host/{days}").update(seen_at=timezone.now() - timedelta(days=days))
    assert remove_forgotten_workers() == 1
    assert Worker.objects.get().name == "host/6"


@pytest.mark.django_db
def test_the_tick_proves_that_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    Tick().beat()
    Tick().beat()
    beat = Beat.objects.get(name="reaper")
    assert (beat.count, beat.by) == (2, identity.worker_name())

    def fails() -> int:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(tick, "end_overdue", fails)
    Tick().beat()
    beat.refresh_from_db()
    assert beat.count == 3


@pytest.mark.django_db
def test_rings_are_as_many_as_workers_could_answer(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []

    def note(queue: str) -> bool:
        rung.append(queue)
        return True

    monkeypatch.setattr(tick, "ring", note)
    monkeypatch.setattr(tick, "rings_waiting", lambda _queue: 0)
    for _ in range(5):
        make_job(queue="cpu")
    Tick().beat()
    for number in range(3):
        register_worker(identity=replace(ONE, name=f"host/{number}"))
    Tick().beat()
    assert rung == ["cpu"] * (1 + 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", [Lock.TICK, Lock.CLAIM])
def test_a_worker_that_stands_still_in_the_middle_keeps_nobody_waiting(
    lock: Lock,
    make_job: MakeJob,
    meanwhile: Callable[[Callable[[], None]], None],
    wait_for: WaitFor,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_LEAST_IDLE_SECONDS", 0.5)
    settings.LEASE_SECONDS = 0.5
    make_job()
    taken: list[str] = []

    def stop_in_the_middle() -> None:
        tasks._bound(connections["default"])
        with pytest.raises(DatabaseError):
            hold_it_and_wait()

    @transaction.atomic
    def hold_it_and_wait() -> None:
        hold(lock)
        taken.append("lock")
        wait_for(lambda: len(taken) > 1)
        connection.cursor().execute("SELECT 1")

    meanwhile(stop_in_the_middle)
    wait_for(lambda: taken)
    if lock is Lock.CLAIM:
        assert claim(queue="cpu", worker="here:1", threads=1, device="cpu") is not None
    else:

        def free() -> bool:
            with transaction.atomic():
                return try_to_hold(lock)

        assert not free()
        wait_for(free)
    taken.append("by another")


@pytest.mark.django_db
def test_a_worker_looks_at_all_its_queues_in_their_order(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.QUEUES = ["gpu", "cpu"]
    looked: list[str] = []

    def look(queue: str, worker: object) -> bool:
        looked.append(queue)
        return len(looked) == 2  # the job in `cpu`, and then none

    monkeypatch.setattr(tasks, "_take_job", look)
    assert tasks.work("cpu") == 1
    assert looked == ["gpu", "cpu", "gpu", "cpu"]
    looked.clear()
    looked.append("")
    tasks.work("another")
    assert set(looked[1:]) == {"another"}


def test_only_a_process_that_runs_counts_as_another() -> None:
    row = Worker(host="host", pid=2**30)
    assert not workers._is_another(row, ONE)
    assert not workers._is_another(row, replace(ONE, pid=5))
    assert workers._is_another(row, replace(ONE, host="other"))
