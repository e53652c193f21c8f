"""What a person may ask of a job in each of its states, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import (
    FINAL,
    Attempt,
    Dataset,
    Job,
    Outcome,
    Project,
    Registration,
    RegistrationState,
    State,
    Teacher,
    User,
)
from jobs.operations import moves
from jobs.operations.claims import Claim, claim, wish_of
from jobs.operations.endings import cancelled, hand_back, paused
from jobs.operations.errors import (
    TooLateToReschedule,
    UnableToCancel,
    UnableToDelete,
    UnableToPause,
    UnableToReschedule,
    UnableToResume,
    UnableToRetry,
    UnableToSubmit,
)
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.lifecycle import delete_job, request_pause, reschedule, resubmit, resume, retry
from jobs.queries.jobs import job_detail, list_jobs
from mtkd_engine.spec import parse

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]
SOON = timedelta(hours=1)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs about which listeners were told."""
    ids: list[int] = []
    monkeypatch.setattr(moves, "notify", lambda *, job_id: ids.append(job_id))
    return ids


def test_a_queued_job_pauses_at_once_and_is_taken_by_nobody(
    make_job: Any, user: User, announced: list[int]
) -> None:
    job = request_pause(job=make_job(), user=user)
    assert job.state == State.PAUSED
    assert job.pause_requested_at is not None
    assert not job.is_final
    assert announced == [job.pk]
    assert claim(queue="cpu", worker="w", threads=1, device="cpu") is None


def test_a_resumed_job_waits_again_and_a_worker_is_rung_for(
    make_job: Any, user: User, rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    before = request_pause(job=make_job(pause_reason="The disk was full."), user=user)
    Job.objects.filter(pk=before.pk).update(queued_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        job = resume(job=before, user=user)
    assert (job.state, job.pause_requested_at, job.pause_reason) == (State.QUEUED, None, "")
    assert job.fence > before.fence
    assert job.queued_at is not None
    assert rung == ["cpu"]


def test_the_worker_of_an_active_job_is_told_to_pause_it(make_job: Any, user: User, take: Take) -> None:
    job = make_job()
    held = take()
    assert request_pause(job=job, user=user).state == State.STARTING
    assert wish_of(claim=held) == "pause"
    paused(claim=held, exit_code=4)
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, "")
    assert Attempt.objects.get(pk=held.attempt_id).outcome == Outcome.PAUSED
    assert resume(job=job, user=user).state == State.QUEUED
    assert take().number == 2


def test_a_request_to_pause_can_be_withdrawn(make_job: Any, user: User, take: Take) -> None:
    job = make_job()
    held = take()
    request_pause(job=job, user=user)
    assert resume(job=job, user=user).pause_requested_at is None
    assert wish_of(claim=held) is None


def test_a_pause_withdrawn_while_the_engine_leaves_does_not_leave_the_job_behind(
    make_job: Any, user: User, take: Take
) -> None:
    job = make_job()
    held = take()
    request_pause(job=job, user=user)
    assert wish_of(claim=held) == "pause"
    resume(job=job, user=user)
    paused(claim=held, exit_code=4)
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_pause_asked_for_while_a_worker_hands_the_job_back_is_kept(
    make_job: Any, user: User, take: Take
) -> None:
    job = make_job()
    held = take()
    request_pause(job=job, user=user)
    hand_back(claim=held, exit_code=4, reason="The worker was stopped.")
    job.refresh_from_db()
    assert job.state == State.PAUSED


@pytest.mark.parametrize("state", [State.QUEUED, State.STARTING, State.RUNNING, State.PAUSED])
def test_asking_twice_for_a_pause_is_as_once(
    make_job: Any, user: User, announced: list[int], state: State
) -> None:
    first = request_pause(job=make_job(state=state), user=user)
    second = request_pause(job=first, user=user)
    assert (second.pause_requested_at, second.fence) == (first.pause_requested_at, first.fence)
    assert len(announced) == (0 if state == State.PAUSED else 1)


@pytest.mark.parametrize("state", [State.QUEUED, State.STARTING, State.RUNNING])
def test_resuming_what_is_not_paused_changes_nothing(
    make_job: Any, user: User, announced: list[int], state: State
) -> None:
    job = make_job(state=state)
    assert resume(job=job, user=user).fence == job.fence
    assert announced == []


@pytest.mark.parametrize("state", FINAL)
def test_ended_jobs_are_neither_paused_nor_resumed_nor_rescheduled(
    make_job: Any, user: User, state: State
) -> None:
    job = make_job(state=state)
    with pytest.raises(UnableToPause, match="has ended already"):
        request_pause(job=job, user=user)
    with pytest.raises(UnableToResume, match="only a paused job"):
        resume(job=job, user=user)
    with pytest.raises(TooLateToReschedule, match="has ended"):
        reschedule(job=job, user=user, priority=3)


def test_a_job_that_is_being_cancelled_is_not_paused(make_job: Any, user: User, take: Take) -> None:
    job = make_job()
    held = take()
    request_cancel(job=job, user=user)
    with pytest.raises(UnableToPause, match="being cancelled"):
        request_pause(job=job, user=user)
    cancelled(claim=held, exit_code=4)


def test_cancelling_wins_over_a_pause_that_was_asked_for_before(
    make_job: Any, user: User, take: Take
) -> None:
    job = make_job()
    held = take()
    request_pause(job=job, user=user)
    request_cancel(job=job, user=user)
    assert wish_of(claim=held) == "cancel"


def test_a_paused_job_is_cancelled_at_once(make_job: Any, user: User) -> None:
    job = request_cancel(job=request_pause(job=make_job(), user=user), user=user)
    assert job.state == State.CANCELLED
    assert job.finished_at is not None


def test_queue_priority_and_deadline_are_changed_while_a_job_waits(
    make_job: Any, user: User, rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    job, later = make_job(queued_at=None), timezone.now() + SOON
    with django_capture_on_commit_callbacks(execute=True):
        job = reschedule(job=job, user=user, queue="gpu", priority=7, deadline=later)
    assert (job.queue, job.priority, job.deadline_at) == ("gpu", 7, later)
    assert job.queued_at is not None
    assert rung == ["gpu"]
    job = reschedule(job=job, user=user, priority=0, deadline=None)
    assert (job.queue, job.priority, job.deadline_at) == ("gpu", 0, None)


def test_the_queue_of_a_job_that_a_worker_has_stays(make_job: Any, user: User, take: Take) -> None:
    job = make_job()
    take()
    with pytest.raises(TooLateToReschedule) as refusal:
        reschedule(job=job, user=user, queue="gpu", priority=3)
    assert list(refusal.value.fields) == ["queue"]
    assert reschedule(job=job, user=user, queue="cpu", priority=3).priority == 3


def test_what_is_asked_for_and_is_so_already_tells_nobody(
    make_job: Any, user: User, announced: list[int]
) -> None:
    passed = timezone.now() - SOON
    job = make_job(priority=2, deadline_at=passed, state=State.RUNNING)
    assert reschedule(job=job, user=user).pk == job.pk
    assert reschedule(job=job, user=user, queue="cpu", priority=2, deadline=passed).pk == job.pk
    assert announced == []


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"queue": "tpu"}, "queue", "accepted is a queue that a worker has served: cpu, gpu."),
        ({"queue": "intake"}, "queue", "accepted is a queue that a worker has served: cpu, gpu."),
        ({"priority": 11}, "priority", "given 11, accepted is a whole number from -10 to 10."),
        ({"priority": -11}, "priority", "given -11, accepted is a whole number from -10 to 10."),
        ({"priority": True}, "priority", "given True, accepted is a whole number from -10 to 10."),
        ({"deadline": timezone.now() - SOON}, "deadline", "accepted is a time in the next ten years."),
        ({"deadline": timezone.now() + 4000 * timedelta(days=1)}, "deadline", "in the next ten years."),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_field(
    make_job: Any, user: User, project: Project, asked: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(UnableToReschedule) as refusal:
        reschedule(job=make_job(), user=user, **asked)
    assert list(refusal.value.fields) == [field]
    assert sentence in refusal.value.fields[field]
    spec = parse({"data": {"dataset": "world"}})
    with pytest.raises(UnableToSubmit) as refused:
        submit(project=project, user=user, spec=spec, **asked)
    assert refused.value.fields == refusal.value.fields


def test_a_job_is_submitted_with_its_place_in_a_queue(project: Project, user: User, dataset: Dataset) -> None:
    later = timezone.now() + SOON
    job = submit(
        project=project,
        user=user,
        spec=parse({"data": {"dataset": "world"}}),
        queue="gpu",
        priority=-10,
        deadline=later,
    )
    assert (job.queue, job.priority, job.deadline_at) == ("gpu", -10, later)
    assert job.queued_at is not None


@pytest.mark.parametrize("state", [s for s in State if s not in FINAL])
def test_a_job_is_deleted_only_once_it_has_ended(make_job: Any, user: User, state: State) -> None:
    with pytest.raises(UnableToDelete, match=f"is {state}; cancel it first"):
        delete_job(job=make_job(state=state), user=user)


@pytest.mark.parametrize("state", FINAL)
def test_a_deleted_job_is_nowhere(make_job: Any, user: User, project: Project, state: State) -> None:
    job = make_job(state=state)
    delete_job(job=job, user=user)
    first = Job.objects.get(pk=job.pk).deleted_at
    delete_job(job=job, user=user)
    assert Job.objects.get(pk=job.pk).deleted_at == first is not None
    assert list_jobs(project=project) == []
    with pytest.raises(Job.DoesNotExist):
        job_detail(job_id=job.pk)


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        (request_cancel, UnableToCancel),
        (request_pause, UnableToPause),
        (resume, UnableToResume),
        (retry, UnableToRetry),
        (reschedule, UnableToReschedule),
        (lambda **given: resubmit(changes={}, **given), UnableToSubmit),
    ],
)
def test_nothing_can_be_asked_of_a_deleted_job(
    make_job: Any, user: User, operation: Any, refusal: type[Exception]
) -> None:
    job = make_job(state=State.FAILED)
    delete_job(job=job, user=user)
    with pytest.raises(refusal, match="was deleted"):
        operation(job=job, user=user)


def test_a_job_whose_student_is_becoming_a_teacher_stays(make_job: Any, user: User, project: Project) -> None:
    job = make_job(state=State.SUCCEEDED)
    asked = Registration.objects.create(project=project, kind="teacher", name="graduate", from_job=job)
    with pytest.raises(UnableToDelete, match="is becoming teacher 'graduate'"):
        delete_job(job=job, user=user)
    Registration.objects.filter(pk=asked.pk).update(state=RegistrationState.REGISTERED)
    Teacher.objects.create(project=project, name="graduate", content_hash="a" * 64, from_job=job)
    delete_job(job=job, user=user)
    assert list_jobs(project=project) == []


def test_a_job_trained_elsewhere_is_only_cancelled_and_that_at_once(make_job: Any, user: User) -> None:
    job = make_job(state=State.RUNNING, elsewhere=True, dataset=None, fence=1)
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="elsewhere")
    for operation, refusal in ((request_pause, UnableToPause), (resume, UnableToResume)):
        with pytest.raises(refusal, match="trained elsewhere"):
            operation(job=job, user=user)
    for operation, refusal in ((retry, UnableToRetry), (reschedule, TooLateToReschedule)):
        with pytest.raises(refusal, match="trained elsewhere"):
            operation(job=job, user=user)
    with pytest.raises(UnableToSubmit, match="trained elsewhere"):
        resubmit(job=job, user=user, changes={})
    job = request_cancel(job=job, user=user)
    assert (job.state, job.fence) == (State.CANCELLED, 2)
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.ended_at is None) == (Outcome.CANCELLED, False)
