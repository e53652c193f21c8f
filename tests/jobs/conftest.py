from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.db import connections
from pytest_django import Settings

from jobs.models import Dataset, Job, Project, Teacher, User
from jobs.operations import moves
from jobs.operations.claims import Claim, claim
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from mtkd_engine.spec import parse
from tests.jobs.registering import FAKE_CHECK, Desk

FAKE_ENGINE = [sys.executable, str(Path(__file__).with_name("fake_engine.py"))]


class MakeJob(Protocol):
    def __call__(self, name: str = "steps:20", **changes: Any) -> Job: ...


class WaitFor(Protocol):
    def __call__(self, condition: Callable[[], object], *, seconds: float = 15.0) -> None: ...


@pytest.fixture(autouse=True)
def _own_places(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if "local" in request.path.parts:
        return
    settings.MTKD_HOME = tmp_path / "home"
    settings.STORAGE = tmp_path / "home" / "storage"
    settings.DATA_ROOTS = [tmp_path / "data"]
    settings.ENGINE_COMMAND = FAKE_ENGINE
    settings.THREADS = 1
    settings.CANCEL_GRACE_SECONDS = 15.0  # an engine that listens ends by itself, however busy the machine
    settings.TERM_GRACE_SECONDS = 0.2
    monkeypatch.setenv("PYTHONPATH", str(settings.BASE_DIR))


@pytest.fixture
def impatient(settings: Settings) -> None:
    """Whoever does not listen is killed soon: for tests of those who do not."""
    settings.CANCEL_GRACE_SECONDS = 0.3


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user(username="ada", password="correct horse battery")


@pytest.fixture
def project(user: User) -> Project:
    return create_project(name="Moments", user=user)


@pytest.fixture
def dataset(project: Project) -> Dataset:
    return Dataset.objects.create(
        project=project,
        name="world",
        content_hash="d" * 64,
        report={"feature_width": 8},
    )


@pytest.fixture
def teacher(project: Project) -> Teacher:
    return Teacher.objects.create(
        project=project,
        name="span",
        content_hash="e" * 64,
        report={"card": {"feature_width": 8}},
    )


@pytest.fixture
def make_job(project: Project, user: User, dataset: Dataset) -> MakeJob:
    def make(name: str = "steps:20", **changes: Any) -> Job:
        job = submit(project=project, user=user, spec=parse({"name": name, "data": {"dataset": "world"}}))
        if changes:
            Job.objects.filter(pk=job.pk).update(**changes)
            job.refresh_from_db()
        return job

    return make


@pytest.fixture
def take() -> Callable[[], Claim]:
    """Claims the next job, which must be there."""

    def take_next() -> Claim:
        taken = claim(queue="cpu", worker="here:1", threads=1, device="cpu")
        assert taken is not None
        return taken

    return take_next


@pytest.fixture
def wait_for() -> WaitFor:
    """Polls a condition until it holds, and fails after some seconds."""

    def wait(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs something beside the test with database connections of its own; its failure fails the test."""
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []

    def start(action: Callable[[], None]) -> None:
        def run() -> None:
            try:
                action()
            except BaseException as error:
                failures.append(error)
            finally:
                connections.close_all()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join(30)
    assert not failures, failures


@pytest.fixture
def desk(project: Project, user: User, tmp_path: Path, settings: Settings) -> Desk:
    """Where datasets and teachers are handed in, with a fake engine behind it."""
    settings.ENGINE_COMMAND = FAKE_CHECK
    return Desk(project=project, user=user, folder=tmp_path / "data")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues whose bell was rung, once the transaction was kept."""
    queues: list[str] = []
    monkeypatch.setattr(moves, "ring", queues.append)
    return queues
