"""What a job's page says of where the job stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Attempt, Job, State
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob
from tests.webapp.working import a_worker


def head(client: Client, job: Job) -> str:
    return client.get(f"/jobs/{job.pk}/head/").content.decode()


@pytest.fixture
def running(job: Job) -> Attempt:
    double = EngineDouble()
    double.start()
    return double.attempt


def note(attempt: Attempt, **changes: object) -> Job:
    Attempt.objects.filter(pk=attempt.pk).update(**changes)
    return attempt.job


def test_a_waiting_job_says_why_it_waits(viewer: Client, make_job: MakeJob) -> None:
    first, second = make_job(), make_job()
    assert "no worker serves queue cpu and none ever did." in head(viewer, first)
    a_worker("host/worker-1")
    assert "<b>Waiting:</b> next." in head(viewer, first)
    assert "<b>Waiting:</b> 1 ahead." in head(viewer, second)


def test_a_job_that_paused_by_itself_says_why(viewer: Client, make_job: MakeJob) -> None:
    job = make_job(state=State.PAUSED, pause_reason="the disk of worker a/b is full: 0.2 GB are free.")
    assert "<b>Paused.</b> The disk of worker a/b is full: 0.2 GB are free." in head(viewer, job)


def test_the_deadline_is_shown_until_the_job_has_ended(viewer: Client, make_job: MakeJob) -> None:
    job = make_job(deadline_at=timezone.now() + timedelta(hours=2))
    assert "deadline <local-time>" in head(viewer, job)
    Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now() - timedelta(hours=2))
    assert "Its deadline has passed" in head(viewer, job)


def test_recording_that_is_behind_is_told_in_seconds(viewer: Client, running: Attempt) -> None:
    Job.objects.update(cursor_attempt=running.number, cursor_offset=100_000)
    later = running.started_at + timedelta(seconds=80)
    job = note(running, journal_behind=100_000, journal_at=later, heartbeat_at=timezone.now())
    assert "Recording is about 40 s behind: training goes on" in head(viewer, job)
    assert "behind" not in head(viewer, note(running, journal_behind=200))


def test_a_worker_that_is_silent_is_told(viewer: Client, running: Attempt) -> None:
    job = note(running, heartbeat_at=timezone.now() - timedelta(seconds=40))
    assert "Its worker was last heard of 40 s ago." in head(viewer, job)


def test_an_attempt_shows_what_became_of_it(viewer: Client, running: Attempt) -> None:
    job = note(
        running,
        outcome="lost",
        reason="The engine was killed: it had 3.2 GB of 3.0 GB.",
        exit_code=-9,
        peak_memory=3_200_000_000,
        checkpoint_step=40,
        ended_at=running.started_at + timedelta(seconds=75),
    )
    page = viewer.get(f"/jobs/{job.pk}/attempts/").content.decode()
    for text in ("lost", "it had 3.2 GB of 3.0 GB.", "-9", "3.2 GB", "step 40", "1:15", "double@test"):
        assert text in page


def test_the_page_of_a_job_trained_elsewhere_shows_its_parameters(viewer: Client, make_job: MakeJob) -> None:
    spec = {"name": "from the cluster", "elsewhere": True, "parameters": {"width": 768, "note": "<b>x</b>"}}
    job = make_job(state=State.RUNNING, elsewhere=True, dataset=None, spec=spec)
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    for text in ("trained elsewhere", "width: 768", "its owner posts its points over REST", "Parameters"):
        assert text in page
    assert "<b>x" not in page
    assert "job-log" not in page
    listed = viewer.get("/projects/moments/jobs/").content.decode()
    assert "trained elsewhere" in listed


def test_final_metrics_of_a_job_trained_elsewhere_stand_as_they_were_said(
    viewer: Client, make_job: MakeJob
) -> None:
    spec = {"name": "from the cluster", "elsewhere": True, "parameters": {}}
    result = {"metrics": {"top1": 0.713, "r1@0.5": "NaN"}, "baselines": {}}
    job = make_job(state=State.SUCCEEDED, elsewhere=True, dataset=None, spec=spec, result=result)
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert "Final metrics" in page
    assert '<dt>top1</dt><dd class="number">0.713</dd>' in page
    assert "Result on the test split" not in page
    assert "Promote to teacher" not in page
