"""Whole workers: what a person, a broker and chance do to them."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import redis
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook as Verifier

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.local.valkey import start_valkey
from jobs.models import Beat, Job, Queue, State, User, Worker
from jobs.operations.webhook_settings import create_webhook
from jobs.operations.workers import request_drain, undrain
from jobs.outgoing.networks import read_networks
from jobs.queries.workers import list_workers
from tests.jobs.conftest import FAKE_ENGINE, MakeJob, WaitFor
from tests.jobs.receiver import receiving
from tests.jobs.way_to_database import WayToDatabase

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Start = Callable[..., Child]


class Broker:
    """A broker of the test's own, which it may kill and start again."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._child: Child | None = None

    def start(self) -> None:
        self._child = start_valkey(self.home)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def line(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.home.valkey_socket))

    def rings(self, queue: str = "cpu") -> int:
        with self.line() as line:
            return int(line.llen(queue))  # type: ignore[arg-type]


@pytest.fixture
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="mtkd-b-") as folder:
        home = Home(Path(folder))
        home.make()
        made = Broker(home)
        made.start()
        yield made
        made.kill()


@pytest.fixture
def start(
    process_environment: dict[str, str], broker: Broker, tmp_path: Path, settings: Settings
) -> Iterator[Start]:
    """Starts a worker whose engine is the fake one; all of them are gone when the test ends."""
    home = Home(tmp_path / "home")
    home.make()
    # Read by the settings of the worker, in place of the real engine.
    module = tmp_path / "places" / "worker_settings.py"
    module.parent.mkdir()
    module.write_text(f"from webapp.settings import *\n\nENGINE_COMMAND = {FAKE_ENGINE!r}\n")
    with ExitStack() as stack:

        def begin(number: int = 1, **environment: str) -> Child:
            given = {
                **process_environment,
                "BROKER_URL": broker.home.broker_url,
                "MTKD_HOME": str(home.root),
                "MTKD_THREADS": "1",
                "DJANGO_SETTINGS_MODULE": "worker_settings",
                "PYTHONPATH": os.pathsep.join([str(module.parent), str(settings.BASE_DIR)]),
                **environment,
            }
            child = Child(program=programs.worker(number=number, environment=given), home=home)
            stack.callback(child.kill)
            return child

        yield begin


def said(child: Child, text: str) -> int:
    return child.log.read_text(errors="replace").count(text)


def the_worker() -> Worker | None:
    return Worker.objects.first()


def is_done(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).state == State.SUCCEEDED


def test_a_worker_says_that_it_is_there_works_and_says_that_it_has_stopped(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor
) -> None:
    first, second = make_job("steps:2", queue="gpu"), make_job("steps:2", queue="cpu")
    child = start(MTKD_QUEUES="gpu,cpu", MTKD_DEVICE="cpu")
    wait_for(lambda: is_done(first) and is_done(second), seconds=40)
    (state,) = list_workers()
    assert (state.row.name.partition("/")[2], state.row.queues) == ("worker-1", ["gpu", "cpu"])
    assert (state.row.pid, state.is_alive, state.row.threads) == (child.pid, True, 1)
    attempts = [job.attempts.get() for job in (first, second)]
    assert [attempt.worker for attempt in attempts] == [state.row.name] * 2
    assert attempts[0].started_at < attempts[1].started_at
    assert set(Queue.objects.values_list("name", flat=True)) >= {"cpu", "gpu"}
    beat = Beat.objects.get(name="reaper")
    assert beat.by == state.row.name
    wait_for(lambda: Beat.objects.get(name="reaper").count > beat.count)
    os.kill(child.pid, signal.SIGTERM)
    wait_for(lambda: child.exit_code() is not None, seconds=20)
    assert [found.state for found in list_workers()] == ["stopped"]


def test_a_drained_worker_takes_neither_jobs_nor_rings_even_when_the_broker_comes_back(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor, user: User
) -> None:
    child = start()
    wait_for(lambda: the_worker() is not None and said(child, "ready"), seconds=30)
    worker = the_worker()
    assert worker is not None
    request_drain(worker=worker, user=user)
    job = make_job("steps:2")
    wait_for(lambda: said(child, "Canceling queue cpu") and broker.rings() == 1, seconds=20)
    broker.kill()
    wait_for(lambda: said(child, "Connection to broker lost") or said(child, "Cannot connect"), seconds=20)
    broker.start()
    before = said(child, "Connected to")
    wait_for(lambda: said(child, "Connected to") > before, seconds=30)
    beats = Beat.objects.get(name="reaper").count
    wait_for(lambda: Beat.objects.get(name="reaper").count > beats + 2, seconds=20)
    assert broker.rings() == 1
    assert not job.attempts.exists()
    undrain(worker=worker, user=user)
    wait_for(lambda: is_done(job), seconds=30)


def test_a_ring_that_comes_five_times_starts_a_job_once_and_one_that_never_comes_only_later(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start()
    wait_for(lambda: said(child, "ready"), seconds=30)
    from kombu import Connection

    from jobs import doorbell

    with Connection(broker.home.broker_url) as line:
        job = make_job("steps:2")  # its own ring goes to another broker, so none of this worker's
        for _ in range(5):
            doorbell.app.send_task(doorbell.TASK, args=["cpu"], queue="cpu", connection=line)
    wait_for(lambda: is_done(job))
    unheard = make_job("steps:2")
    wait_for(lambda: is_done(unheard))
    with broker.line() as store:
        store.flushall()
    flushed = make_job("steps:2")
    wait_for(lambda: is_done(flushed))
    assert [found.attempts.count() for found in (job, unheard, flushed)] == [1, 1, 1]


def test_a_second_worker_of_a_name_is_refused_while_the_first_is_alive(
    start: Start, broker: Broker, wait_for: WaitFor
) -> None:
    first = start()
    wait_for(lambda: the_worker() is not None, seconds=20)
    second = start()
    wait_for(lambda: second.exit_code() is not None, seconds=20)
    assert said(second, f"but a worker of that name is alive (process {first.pid}")
    first.kill()
    third = start()
    wait_for(lambda: the_worker() is not None and the_worker().pid == third.pid, seconds=20)  # type: ignore[union-attr]


def test_a_worker_whose_row_vanished_registers_again(start: Start, broker: Broker, wait_for: WaitFor) -> None:
    child = start()
    wait_for(lambda: said(child, "ready"), seconds=30)
    Worker.objects.all().delete()
    wait_for(lambda: the_worker() is not None)
    assert child.exit_code() is None


def test_a_worker_outlives_a_database_that_is_away_at_its_start_and_later(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor
) -> None:
    way = WayToDatabase(broker.home.run)
    child = start(DATABASE_URL=way.address)
    wait_for(lambda: said(child, "goes on without the database"), seconds=30)
    way.mend()
    first = make_job("steps:2")
    wait_for(lambda: is_done(first), seconds=30)
    before = said(child, "goes on without the database")
    way.cut()
    second = make_job("steps:2")
    wait_for(lambda: said(child, "goes on without the database") > before, seconds=30)
    way.mend()
    wait_for(lambda: is_done(second), seconds=30)
    assert child.exit_code() is None
    way.cut()


def test_a_worker_that_drains_at_once_hands_its_job_to_another(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor, user: User
) -> None:
    job = make_job("steps:100000 pause:0.05 checkpoint:1")
    start(1)
    wait_for(lambda: job.attempts.exclude(heartbeat_at=None).exists(), seconds=30)
    worker = the_worker()
    assert worker is not None
    request_drain(worker=worker, user=user, now=True)
    wait_for(lambda: job.attempts.filter(outcome="handed_back").exists(), seconds=30)
    start(2)
    wait_for(lambda: job.attempts.count() == 2, seconds=30)
    assert [attempt.worker.partition("/")[2] for attempt in job.attempts.all()] == [
        "worker-1",
        "worker-2",
    ]
    assert Job.objects.get(pk=job.pk).attempts_lost == 0


def test_what_an_engine_has_started_ends_soon_after_its_supervisor_was_killed(
    start: Start, broker: Broker, make_job: MakeJob, wait_for: WaitFor
) -> None:
    job = make_job("steps:100000 pause:0.05 runaway:1 times:1")
    child = start()
    wait_for(lambda: job.attempts.exclude(engine_pid=None).exists(), seconds=40)
    attempt = job.attempts.get(number=1)
    told = Path(attempt.folder) / "runaways"
    wait_for(lambda: told.exists() and len(told.read_text().split()) == 2, seconds=30)
    runaways = [psutil.Process(int(pid)) for pid in told.read_text().split()]
    assert attempt.engine_pid is not None
    supervisor = psutil.Process(attempt.engine_pid).parent()
    assert supervisor is not None
    assert supervisor.pid != child.pid
    supervisor.kill()
    wait_for(lambda: not any(runs(one) for one in runaways), seconds=20)
    assert "was still at work in" in child.log.read_text(errors="replace")


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_worker_sends_messages_of_webhooks_beside_its_jobs(
    start: Start, make_job: MakeJob, wait_for: WaitFor, user: User, settings: Settings
) -> None:
    settings.WEBHOOK_PRIVATE = read_networks("127.0.0.0/8")
    job = make_job("steps:2")
    with receiving() as receiver:
        _, secret = create_webhook(project=job.project, user=user, url=receiver.url)
        start(MTKD_WEBHOOK_PRIVATE="127.0.0.0/8")
        wait_for(lambda: len(receiver.got) == 2, seconds=60)
    said = [Verifier(secret).verify(body, headers) for _, headers, body in receiver.got]
    assert {one["type"] for one in said} == {"job.started", "job.succeeded"}
    assert {one["data"]["job"]["id"] for one in said} == {job.pk}
