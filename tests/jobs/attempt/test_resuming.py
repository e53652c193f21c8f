"""Where an attempt goes on from: the newest checkpoint that is there and is what was recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.attempt import resuming
from jobs.attempt.preparing import prepare
from jobs.attempt.supervisor import supervise
from jobs.engine.family import MARK, marked
from jobs.models import Attempt, Checkpoint, Event, Job, State
from jobs.operations.claims import Claim, claim
from jobs.operations.endings import lose
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import retry
from jobs.storage.blobs import StorageAwayError, StorageError, local_path
from tests.jobs.attempt.outcome import curve, resumed_from, student

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]
BROKEN_AT_25 = "steps:47 checkpoint:10 kill:25"


@pytest.fixture
def lost_job(make_job: Any, take: Take) -> Iterator[Job]:
    """A job of 47 steps whose first engine was killed at step 25, with a published checkpoint of step 20."""
    job: Job = make_job(BROKEN_AT_25)
    supervise(take())
    assert Checkpoint.objects.filter(job=job).order_by("-seq").values_list("step", flat=True).first() == 20
    return job


def folder_of(job: Job, number: int) -> Path:
    return Path(job.attempts.get(number=number).folder)


def resume_of(arguments: list[str]) -> Path:
    return Path(arguments[arguments.index("--resume") + 1])


def test_a_job_whose_disk_is_gone_goes_on_from_the_storage_as_if_nothing_had_happened(
    lost_job: Job, make_job: Any, take: Take
) -> None:
    shutil.rmtree(folder_of(lost_job, 1))
    supervise(take())
    lost_job.refresh_from_db()
    assert lost_job.state == State.SUCCEEDED
    assert resumed_from(lost_job, 2) == 20
    calm = make_job("steps:47 checkpoint:10")
    supervise(take())
    assert curve(lost_job) == curve(calm)
    assert student(lost_job) == student(calm)


def test_a_job_whose_disk_is_gone_before_any_checkpoint_begins_anew(make_job: Any, take: Take) -> None:
    job, calm = make_job("steps:20 kill:5"), make_job("steps:20")
    first = take()
    supervise(first)
    shutil.rmtree(first.folder)
    supervise(take())  # by age: the other one
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) is None
    assert curve(job) == curve(calm)
    assert student(job) == student(calm)
    seqs = list(Event.objects.filter(job=job).values_list("seq", flat=True))
    assert seqs == sorted(set(seqs))


def test_what_lies_here_and_is_newest_is_taken_first(lost_job: Job, take: Take) -> None:
    plan = prepare(take())
    assert resume_of(plan.arguments) == folder_of(lost_job, 1) / "checkpoint" / "step-00000020.json"


def test_a_checkpoint_that_was_spoilt_here_is_taken_from_the_storage(lost_job: Job, take: Take) -> None:
    (folder_of(lost_job, 1) / "checkpoint" / "step-00000020.json").write_text("spoilt")
    held = take()
    found = resume_of(prepare(held).arguments)
    assert found.is_relative_to(held.folder)
    assert json.loads(found.read_text())["step"] == 20


def test_a_checkpoint_that_is_spoilt_everywhere_gives_way_to_an_older_one(lost_job: Job, take: Take) -> None:
    (folder_of(lost_job, 1) / "checkpoint" / "step-00000020.json").unlink()
    stored = local_path(Checkpoint.objects.get(job=lost_job, step=20).blob)
    assert stored is not None
    stored.unlink()
    stored.write_text("spoilt")
    assert resume_of(prepare(take()).arguments).name == "step-00000010.json"


def test_a_storage_that_is_away_is_no_reason_to_begin_anew(
    lost_job: Job, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StorageAwayError("The storage is away.")

    monkeypatch.setattr(resuming, "fetch", away)
    shutil.rmtree(folder_of(lost_job, 1))
    held = take()
    with pytest.raises(StorageAwayError):
        prepare(held)
    monkeypatch.undo()
    assert json.loads(resume_of(prepare(held).arguments).read_text())["step"] == 20


def test_of_one_that_is_gone_everywhere_an_older_one_of_this_host_will_do(
    lost_job: Job, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise StorageError("It is no longer in the storage.")

    monkeypatch.setattr(resuming, "fetch", gone)
    (folder_of(lost_job, 1) / "checkpoint" / "step-00000020.json").unlink()
    assert resume_of(prepare(take()).arguments).name == "step-00000010.json"


def test_a_retry_from_scratch_takes_no_checkpoint_of_before(lost_job: Job, make_job: Any, take: Take) -> None:
    held = take()
    Job.objects.filter(pk=lost_job.pk).update(attempts_lost=2)
    lose(claim=held, reason="gone.")
    lost_job.refresh_from_db()
    assert lost_job.state == State.FAILED
    retry(job=lost_job, user=lost_job.submitted_by, from_scratch=True)
    lost_job.refresh_from_db()
    assert lost_job.attempts.filter(is_void=True).count() == 2
    supervise(take())
    lost_job.refresh_from_db()
    assert lost_job.state == State.SUCCEEDED
    assert resumed_from(lost_job, 3) is None
    calm = make_job("steps:47 checkpoint:10")
    supervise(take())
    assert curve(lost_job) == curve(calm)


def test_an_attempt_that_came_less_far_elsewhere_is_passed_over(
    lost_job: Job, make_job: Any, take: Take
) -> None:
    first, aside = folder_of(lost_job, 1), folder_of(lost_job, 1).with_name("unreachable")
    first.rename(aside)
    Checkpoint.objects.filter(job=lost_job, step=20).delete()
    Job.objects.filter(pk=lost_job.pk).update(
        spec={**lost_job.spec, "name": f"{BROKEN_AT_25} kill:15 times:2"}
    )
    supervise(take())
    assert resumed_from(lost_job, 2) is None
    aside.rename(first)
    supervise(take())
    lost_job.refresh_from_db()
    assert (lost_job.state, resumed_from(lost_job, 3)) == (State.SUCCEEDED, 20)
    calm = make_job("steps:47 checkpoint:10")
    supervise(take())
    assert curve(lost_job) == curve(calm)


def test_a_cancelled_job_is_retried_from_its_published_checkpoint(
    make_job: Any, take: Take, meanwhile: Any, wait_for: Any
) -> None:
    job = make_job("steps:500 pause:0.01 rush:1 checkpoint:1000")

    def cancel() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 5)
        request_cancel(job=job, user=job.submitted_by)

    meanwhile(cancel)
    held = take()
    supervise(held)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not (held.folder / "checkpoint").exists()
    stopped_at = Checkpoint.objects.get(job=job).step
    retry(job=job, user=job.submitted_by)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) == stopped_at
    assert not Checkpoint.objects.filter(job=job, step__lt=stopped_at).exists()


def test_what_still_works_on_the_job_for_a_killed_supervisor_is_ended_first(
    lost_job: Job, take: Take, wait_for: Any
) -> None:
    place = folder_of(lost_job, 1)
    code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    environment = {**os.environ, MARK: str(place)}
    left = subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True)
    try:
        wait_for(lambda: marked(place))
        prepare(take())
        assert left.wait(10) == -9
    finally:
        left.kill()
        left.wait()


def test_threads_stay_those_of_the_checkpoint_and_another_device_is_told(lost_job: Job, take: Take) -> None:
    Attempt.objects.filter(job=lost_job).update(threads=3, device="cuda:0")
    plan = prepare(take())
    assert (plan.threads, plan.device) == (3, "cpu")
    assert "reached on cuda:0, now on cpu" in plan.note
    assert plan.arguments[plan.arguments.index("--threads") + 1] == "3"


def test_an_attempt_from_the_start_takes_threads_and_device_of_its_worker(make_job: Any) -> None:
    make_job()
    held = claim(queue="cpu", worker="w", threads=5, device="cuda:1")
    assert held is not None
    plan = prepare(held)
    assert (plan.threads, plan.device, plan.note) == (5, "cuda:1", "")
