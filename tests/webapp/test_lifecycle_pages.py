"""What may be asked of a job from its page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Attempt, Job, Project, State, User
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob
from tests.webapp.working import a_worker


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.moves.ring", lambda queue: None)


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> Client:
    client = Client()
    client.force_login(people["admin"])
    return client


def after(job: Job) -> Job:
    job.refresh_from_db()
    return job


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_waiting_job_is_paused_and_resumed_from_its_page(editor: Client, job: Job) -> None:
    page = editor.post(f"/jobs/{job.pk}/pause/", follow=True).content.decode()
    assert f"Job {job.pk} is paused." in page
    assert "It goes on from its checkpoint when somebody resumes it." in page
    assert after(job).state == State.PAUSED
    page = editor.post(f"/jobs/{job.pk}/resumption/", follow=True).content.decode()
    assert f"Job {job.pk} waits in queue cpu again." in page
    assert after(job).state == State.QUEUED


def test_a_running_job_is_asked_to_pause_and_the_wish_can_be_withdrawn(editor: Client, job: Job) -> None:
    EngineDouble().start()
    page = editor.post(f"/jobs/{job.pk}/pause/", follow=True).content.decode()
    assert "pauses as soon as its worker has written a checkpoint" in page
    assert ">pausing</span>" in page
    assert "Do not pause" in page
    assert ">Pause</button>" not in page
    assert (
        "goes on without a pause" in editor.post(f"/jobs/{job.pk}/resumption/", follow=True).content.decode()
    )
    assert after(job).pause_requested_at is None


def test_a_refused_operation_says_its_sentence(editor: Client, make_job: MakeJob) -> None:
    job = make_job(state=State.SUCCEEDED, finished_at=timezone.now())
    for action in ("pause", "resumption", "retry"):
        page = editor.post(f"/jobs/{job.pk}/{action}/", follow=True).content.decode()
        assert 'class="note is-error"' in page
        assert f"Job {job.pk} " in page


def test_a_failed_job_is_tried_again_from_its_checkpoint_or_from_scratch(editor: Client, job: Job) -> None:
    double = EngineDouble()
    double.start()
    Attempt.objects.filter(pk=double.attempt.pk).update(checkpoint_step=40)
    double.fail("The loss became NaN at step 47.")
    page = text(editor, f"/jobs/{job.pk}/")
    assert "Retry from step 40" in page
    assert "Retry from scratch" in page
    editor.post(f"/jobs/{job.pk}/retry/", {"from": "scratch"})
    assert (after(job).state, job.attempts.filter(is_void=True).count()) == (State.QUEUED, 1)
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    page = text(editor, f"/jobs/{job.pk}/")
    assert ">Retry</button>" in page
    assert "Retry from scratch" not in page
    editor.post(f"/jobs/{job.pk}/retry/", {"from": "checkpoint"})
    assert (after(job).state, job.attempts.filter(is_void=True).count()) == (State.QUEUED, 1)


def test_queue_priority_and_deadline_are_changed_by_a_form(editor: Client, job: Job) -> None:
    a_worker("host/gpu", queues=["gpu"])
    page = text(editor, f"/jobs/{job.pk}/schedule/")
    assert "gpu (1 worker)" in page
    assert "cpu (no worker is there now)" in page
    given = {"queue": "gpu", "priority": "7", "deadline": "2h"}
    editor.post(f"/jobs/{job.pk}/schedule/", given)
    assert (after(job).queue, job.priority) == ("gpu", 7)
    assert job.deadline_at is not None
    assert timedelta(minutes=119) < job.deadline_at - timezone.now() <= timedelta(hours=2)
    shown = job.deadline_at.strftime("%Y-%m-%d %H:%M")
    assert f'value="{shown}"' in text(editor, f"/jobs/{job.pk}/schedule/")
    editor.post(f"/jobs/{job.pk}/schedule/", {**given, "deadline": shown, "priority": "1"})
    assert after(job).priority == 1
    editor.post(f"/jobs/{job.pk}/schedule/", {**given, "deadline": ""})
    assert after(job).deadline_at is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"priority": "11"}, "accepted is a whole number from -10 to 10."),
        ({"priority": "much"}, "Accepted is a whole number from -10 to 10."),
        ({"deadline": "soon"}, "accepted is a length such as 90m"),
        ({"deadline": "2020-01-01"}, "accepted is a time in the next ten years"),
        ({"queue": "nowhere"}, "not one of the available choices"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_field(
    editor: Client, job: Job, given: dict[str, str], sentence: str
) -> None:
    answer = editor.post(f"/jobs/{job.pk}/schedule/", {"queue": "cpu", "priority": "0", **given})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_queue_of_a_running_job_stays(editor: Client, job: Job) -> None:
    EngineDouble().start()
    assert "A worker has the job: its queue stays." in text(editor, f"/jobs/{job.pk}/schedule/")
    editor.post(f"/jobs/{job.pk}/schedule/", {"queue": "gpu", "priority": "2"})
    assert (after(job).queue, job.priority) == ("cpu", 2)


def test_an_admin_deletes_an_ended_job_after_seeing_what_goes(
    admin: Client, editor: Client, job: Job
) -> None:
    double = EngineDouble()
    double.start()
    double.finish(files={"student.safetensors": b"x"})
    assert "its 1 file go with it" in text(admin, f"/jobs/{job.pk}/deletion/")
    assert "Delete job" in text(admin, f"/jobs/{job.pk}/")
    assert "Delete job" not in text(editor, f"/jobs/{job.pk}/")
    answer = admin.post(f"/jobs/{job.pk}/deletion/", follow=True)
    assert answer.redirect_chain[-1][0] == "/projects/moments/jobs/"
    assert f"Job {job.pk} was deleted." in answer.content.decode()
    assert admin.get(f"/jobs/{job.pk}/").status_code == 404


def test_a_job_that_has_not_ended_is_not_deleted(admin: Client, job: Job) -> None:
    answer = admin.post(f"/jobs/{job.pk}/deletion/")
    assert answer.status_code == 422
    assert "cancel it first" in answer.content.decode()


def test_a_viewer_is_offered_nothing_in_any_state(viewer: Client, make_job: MakeJob) -> None:
    for state in State.values:
        page = text(viewer, f"/jobs/{make_job(state=state).pk}/")
        assert "job-actions" not in page, state
        assert 'method="post"' not in page.partition("<main")[2], state


def test_each_state_offers_what_makes_sense(editor: Client, make_job: MakeJob) -> None:
    buttons = {
        State.QUEUED: ("Pause", "Cancel job"),
        State.RUNNING: ("Pause", "Cancel job"),
        State.PAUSED: ("Resume", "Cancel job"),
        State.FAILED: ("Retry",),
        State.CANCELLED: ("Retry",),
        State.SUCCEEDED: (),
    }
    for state, expected in buttons.items():
        page = text(editor, f"/jobs/{make_job(state=state).pk}/head/")
        offered = {name for name in ("Pause", "Resume", "Retry", "Cancel job") if f">{name}</button>" in page}
        assert offered == set(expected), state
        assert "Resubmit with changes" in page, state
