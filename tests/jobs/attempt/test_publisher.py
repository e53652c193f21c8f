"""Checkpoints into the storage: recorded ones only, of the present fence only, at the expense of nothing else."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.attempt import publisher
from jobs.attempt.publisher import Publisher
from jobs.attempt.recorder import Recorder, open_journal
from jobs.attempt.supervisor import supervise
from jobs.models import Attempt, Blob, Checkpoint, Event, Job, State
from jobs.operations.checkpoints import newest_for, publish_checkpoint, remove_old_checkpoints
from jobs.operations.claims import Claim, FencedOutError
from jobs.operations.endings import lose
from jobs.storage.blobs import StorageError, keep_file, local_path
from mtkd_engine.events import Checkpointed
from mtkd_engine.journal import Journal

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]


class Engine:
    """Writes checkpoints and says so, as an engine does."""

    def __init__(self, claim: Claim) -> None:
        open_journal(claim=claim)
        self._folder = claim.folder
        (claim.folder / "checkpoint").mkdir(parents=True)
        self._journal = Journal(claim.folder / "journal.jsonl")
        self._recorder = Recorder(claim=claim, attempt=Attempt.objects.get(pk=claim.attempt_id))

    def save(self, step: int, *, recorded: bool = True) -> Path:
        """Write a checkpoint, keep two, and let it be recorded or not."""
        path = self._folder / "checkpoint" / f"step-{step:08d}.pt"
        path.write_text(f"step {step}")
        for old in sorted(path.parent.glob("*.pt"))[:-2]:
            old.unlink()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        said = Checkpointed(step=step, path=f"checkpoint/{path.name}", sha256=digest)
        self._journal.append(said)
        if recorded:
            self._recorder.flush()
        return path

    def close(self) -> None:
        """End the journal."""
        self._journal.close()


@pytest.fixture
def held(make_job: Any, take: Take) -> Claim:
    make_job()
    return take()


@pytest.fixture
def engine(held: Claim) -> Iterator[Engine]:
    made = Engine(held)
    yield made
    made.close()


@pytest.fixture
def running(held: Claim, engine: Engine) -> Iterator[Publisher]:
    """A publisher that has begun; its engine's folder is there."""
    started = Publisher(held)
    started.start()
    yield started
    started.finish(last_checkpoint=False, fenced_out=threading.Event())


def steps() -> list[int]:
    return list(Checkpoint.objects.order_by("seq").values_list("step", flat=True))


def test_the_first_checkpoint_is_published_at_once_and_the_next_after_a_while(
    running: Publisher, engine: Engine, wait_for: Any, settings: Settings
) -> None:
    settings.PUBLISH_SECONDS = 1.0
    engine.save(10)
    wait_for(lambda: steps() == [10])
    began = time.monotonic()
    for step in range(20, 200, 10):
        engine.save(step)
    wait_for(lambda: steps() == [10, 190])
    assert time.monotonic() - began > 0.5


def test_what_is_not_recorded_is_not_published(held: Claim, engine: Engine) -> None:
    engine.save(10)
    engine.save(20, recorded=False)
    one = Publisher(held)
    one.start()
    one.finish(last_checkpoint=True, fenced_out=threading.Event())
    assert steps() == [10]


def test_at_a_stop_the_last_one_is_published_before_anything_else_happens(
    held: Claim, engine: Engine, settings: Settings
) -> None:
    settings.PUBLISH_SECONDS = 1000.0
    one = Publisher(held)
    one.start()
    for step in (10, 20, 30):
        engine.save(step)
    one.finish(last_checkpoint=True, fenced_out=threading.Event())
    assert steps()[-1] == 30
    assert not (held.folder / "publishing").exists()


def test_a_checkpoint_that_is_pruned_while_it_is_published_is_published_whole(
    running: Publisher, engine: Engine, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(path: Path, *, sha256: str | None = None) -> Blob:
        begun.set()
        assert go_on.wait(20)
        return keep_file(path, sha256=sha256)

    monkeypatch.setattr(publisher, "keep_file", slowly)
    pruned = engine.save(10)
    assert begun.wait(20)
    engine.save(20)
    engine.save(30)
    assert not pruned.exists()
    go_on.set()
    wait_for(lambda: Checkpoint.objects.filter(step=10).exists())
    stored = local_path(Checkpoint.objects.get(step=10).blob)
    assert stored is not None
    assert stored.read_text() == "step 10"


def test_a_storage_that_is_away_at_a_stop_is_a_warning(
    held: Claim, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> Blob:
        raise StorageError("The storage is away.")

    monkeypatch.setattr(publisher, "keep_file", away)
    engine.save(10)
    one = Publisher(held)
    one.start()
    one.finish(last_checkpoint=True, fenced_out=threading.Event())
    assert steps() == []
    assert "could not be published: The storage is away." in caplog.text


def test_a_storage_that_hangs_at_a_stop_is_not_waited_for_for_ever(
    held: Claim,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    wait_for: Any,
) -> None:
    go_on = threading.Event()

    def hangs(*_: object, **__: object) -> Blob:
        assert go_on.wait(20)
        raise StorageError("It is too late.")

    monkeypatch.setattr(publisher, "keep_file", hangs)
    monkeypatch.setattr(publisher, "_longest", lambda: 0.3)
    engine.save(10)
    one = Publisher(held)
    one.start()
    began = time.monotonic()
    one.finish(last_checkpoint=True, fenced_out=threading.Event())
    assert time.monotonic() - began < 10
    assert "its last files stay on this host only" in caplog.text
    go_on.set()
    wait_for(lambda: not any("publisher" in thread.name for thread in threading.enumerate()))


def test_who_lost_the_job_publishes_nothing(held: Claim, engine: Engine) -> None:
    engine.save(10)
    event = Event.objects.get(kind="checkpointed")
    blob = keep_file(held.folder / "checkpoint" / "step-00000010.pt")
    lose(claim=held, reason="gone.")
    with pytest.raises(FencedOutError):
        publish_checkpoint(claim=held, event=event, blob=blob)
    one = Publisher(held)
    one.start()
    one.finish(last_checkpoint=True, fenced_out=threading.Event())
    assert steps() == []


def test_a_job_keeps_its_newest_two_and_the_bytes_of_others_go(held: Claim, engine: Engine) -> None:
    places = []
    for step in (10, 20, 30):
        engine.save(step)
        one = Publisher(held)
        one.start()
        one.finish(last_checkpoint=True, fenced_out=threading.Event())
        newest = newest_for(Job.objects.get(pk=held.job_id))
        assert newest is not None
        places.append(local_path(newest.blob))
    assert steps() == [20, 30]
    assert [place is not None and place.exists() for place in places] == [False, True, True]


@pytest.mark.parametrize(
    ("state", "days", "kept"),
    [
        (State.SUCCEEDED, 0, 0),
        (State.FAILED, 1, 1),
        (State.FAILED, 20, 0),
        (State.CANCELLED, 20, 0),
        (State.PAUSED, 20, 1),
        (State.RUNNING, 20, 1),
    ],
)
def test_checkpoints_stay_as_long_as_somebody_may_go_on_from_them(
    held: Claim, engine: Engine, state: State, days: int, kept: int
) -> None:
    engine.save(10)
    event = Event.objects.get(kind="checkpointed")
    publish_checkpoint(claim=held, event=event, blob=keep_file(held.folder / event.payload["path"]))
    ended = timezone.now() - timedelta(days=days)
    Job.objects.update(state=state, finished_at=ended)
    remove_old_checkpoints()
    assert len(steps()) == kept


def test_a_slow_storage_delays_neither_recording_nor_the_lease(
    make_job: Any,
    take: Take,
    meanwhile: Any,
    wait_for: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.HEARTBEAT_SECONDS = 0.1
    go_on = threading.Event()

    def slowly(path: Path, *, sha256: str | None = None) -> Blob:
        assert go_on.wait(20)
        return keep_file(path, sha256=sha256)

    monkeypatch.setattr(publisher, "keep_file", slowly)
    job = make_job("steps:150 pause:0.01 checkpoint:10")

    def look() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 20)
        before = job.attempts.get().heartbeat_at
        step = Job.objects.get(pk=job.pk).step
        wait_for(lambda: Job.objects.get(pk=job.pk).step > step + 30)
        assert job.attempts.get().heartbeat_at != before
        assert steps() == []
        go_on.set()

    meanwhile(look)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
