"""What is asked of one job by several at the same time, each with a connection of its own.

A first connection holds the row until all the others wait for it, one behind the other, so that they really meet;
both orders are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.models import Attempt, Job, State, User
from jobs.operations import jobs, moves
from jobs.operations.claims import Claim, FencedOutError, claim
from jobs.operations.deadlines import end_overdue
from jobs.operations.endings import hand_back, paused
from jobs.operations.errors import UnableTo
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import delete_job, request_pause, reschedule, resume, retry

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], object]
Together = Callable[..., list[object]]
BOTH_ORDERS = pytest.mark.parametrize("together", ["as written", "the other way round"], indirect=True)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bell, which in these tests would ring in earnest."""
    queues: list[str] = []
    monkeypatch.setattr(moves, "ring", queues.append)
    monkeypatch.setattr(jobs, "ring", queues.append)
    monkeypatch.setattr("jobs.operations.endings.ring", queues.append)
    return queues


@pytest.fixture
def together(meanwhile: Callable[[Act], None], wait_for: Any, request: pytest.FixtureRequest) -> Together:
    """Lets several act on a job at once; gives what each got, refusals included."""
    backwards = getattr(request, "param", "") == "the other way round"

    def act(job: Job, *acts: Act) -> list[object]:
        got: list[object] = []

        def run(one: Act) -> None:
            try:
                got.append(one())
            except (UnableTo, FencedOutError) as refusal:
                got.append(refusal)

        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job.pk)
            for number, one in enumerate(reversed(acts) if backwards else acts, start=1):
                meanwhile(partial(run, one))
                wait_for(partial(_wait, number))
        wait_for(lambda: len(got) == len(acts))
        job.refresh_from_db()
        return got

    return act


def _wait(count: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0] == count)


def refusals(got: Iterable[object]) -> list[str]:
    return sorted(str(one) for one in got if isinstance(one, Exception))


@pytest.fixture
def held(make_job: Any) -> Claim:
    make_job()
    taken = claim(queue="cpu", worker="w", threads=1, device="cpu")
    assert taken is not None
    return taken


@BOTH_ORDERS
def test_a_job_that_is_cancelled_and_paused_at_once_is_cancelled(
    make_job: Any, user: User, together: Together
) -> None:
    job = make_job()
    got = together(job, lambda: request_cancel(job=job, user=user), lambda: request_pause(job=job, user=user))
    assert job.state == State.CANCELLED
    assert refusals(got) in ([], [f"Job {job.pk} has ended already (cancelled) and cannot be paused."])


@BOTH_ORDERS
def test_a_cancelled_active_job_is_cancelled_whoever_was_first(
    held: Claim, user: User, together: Together
) -> None:
    job = Job.objects.get(pk=held.job_id)
    together(job, lambda: request_cancel(job=job, user=user), lambda: request_pause(job=job, user=user))
    assert job.cancel_requested_at is not None
    paused(claim=held) if job.pause_requested_at else hand_back(claim=held, reason="stopped")
    job.refresh_from_db()
    assert not job.is_final or job.state == State.CANCELLED
    if not job.is_final:
        assert request_cancel(job=job, user=user).state == State.CANCELLED


@BOTH_ORDERS
def test_a_pause_withdrawn_as_the_worker_pauses_always_lets_the_job_go_on(
    held: Claim, user: User, together: Together
) -> None:
    job = Job.objects.get(pk=held.job_id)
    request_pause(job=job, user=user)
    got = together(job, lambda: resume(job=job, user=user), lambda: paused(claim=held))
    assert refusals(got) == []
    assert (job.state, job.pause_requested_at) == (State.QUEUED, None)
    again = claim(queue="cpu", worker="w", threads=1, device="cpu")
    assert again is not None
    assert again.number == 2


@BOTH_ORDERS
def test_a_double_click_on_retry_is_one_retry(
    make_job: Any, user: User, together: Together, rung: list[str]
) -> None:
    job = make_job(state=State.FAILED, fence=3)
    rung.clear()
    got = together(job, *[lambda: retry(job=job, user=user)] * 3)
    assert (job.state, job.fence) == (State.QUEUED, 4)
    assert len(refusals(got)) == 2
    assert rung == ["cpu"]


def test_a_double_click_on_resume_is_one_resumption(
    make_job: Any, user: User, together: Together, rung: list[str]
) -> None:
    job = request_pause(job=make_job(), user=user)
    rung.clear()
    fence = job.fence
    assert refusals(together(job, *[lambda: resume(job=job, user=user)] * 3)) == []
    assert (job.state, job.fence, rung) == (State.QUEUED, fence + 1, ["cpu"])


@BOTH_ORDERS
def test_a_job_is_deleted_or_retried_and_never_both(make_job: Any, user: User, together: Together) -> None:
    job = make_job(state=State.FAILED)
    got = together(job, lambda: delete_job(job=job, user=user), lambda: retry(job=job, user=user))
    if job.deleted_at is None:
        assert (job.state, refusals(got)) == (State.QUEUED, [f"Job {job.pk} is queued; cancel it first."])
    else:
        assert (job.state, refusals(got)) == (State.FAILED, [f"Job {job.pk} was deleted."])


def test_two_who_delete_a_job_at_once_delete_it_once(make_job: Any, user: User, together: Together) -> None:
    job = make_job(state=State.CANCELLED)
    assert together(job, *[lambda: delete_job(job=job, user=user)] * 2) == [None, None]
    assert job.deleted_at is not None


@BOTH_ORDERS
def test_two_who_reschedule_at_once_change_what_each_asked_for(
    make_job: Any, user: User, together: Together
) -> None:
    job = make_job()
    together(
        job,
        lambda: reschedule(job=job, user=user, priority=5),
        lambda: reschedule(job=job, user=user, queue="gpu"),
    )
    assert (job.priority, job.queue, job.state) == (5, "gpu", State.QUEUED)


@pytest.mark.parametrize("change", ["pause", "cancel", "move"])
def test_a_job_that_changes_as_a_worker_looks_for_one_is_not_taken_as_it_was(
    make_job: Any, user: User, change: str, meanwhile: Any, wait_for: Any
) -> None:
    job = make_job()
    acts: dict[str, Act] = {
        "pause": lambda: request_pause(job=job, user=user),
        "cancel": lambda: request_cancel(job=job, user=user),
        "move": lambda: reschedule(job=job, user=user, queue="gpu"),
    }
    taken: list[Claim | None] = []
    with transaction.atomic():
        acts[change]()
        meanwhile(lambda: taken.append(claim(queue="cpu", worker="w", threads=1, device="cpu")))
        wait_for(lambda: taken)
    assert taken == [None]
    assert claim(queue="cpu", worker="w", threads=1, device="cpu") is None
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("change", ["pause", "cancel", "move", "resume"])
def test_what_is_asked_as_a_worker_takes_the_job_is_asked_of_the_worker(
    make_job: Any, user: User, change: str, together: Together
) -> None:
    job = make_job()
    acts: dict[str, Act] = {
        "pause": lambda: request_pause(job=job, user=user),
        "cancel": lambda: request_cancel(job=job, user=user),
        "move": lambda: reschedule(job=job, user=user, queue="gpu"),
        "resume": lambda: resume(job=job, user=user),
    }
    with transaction.atomic():  # as it was before: a page that was read long ago
        Job.objects.filter(pk=job.pk).update(state=State.STARTING, fence=1)
        Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    got = together(job, acts[change])
    assert job.state == State.STARTING
    assert (job.pause_requested_at is not None) == (change == "pause")
    assert (job.cancel_requested_at is not None) == (change == "cancel")
    assert len(refusals(got)) == (1 if change == "move" else 0)


def test_a_deadline_that_is_being_put_off_ends_nothing(
    make_job: Any, user: User, meanwhile: Any, wait_for: Any
) -> None:
    late = timezone.now() - timedelta(seconds=1)
    job, later = make_job(deadline_at=late), timezone.now() + timedelta(hours=1)
    ended: list[int] = []
    with transaction.atomic():
        reschedule(job=job, user=user, deadline=later)
        meanwhile(lambda: ended.append(end_overdue()))
        wait_for(lambda: ended)
    assert (ended, end_overdue()) == ([0], 0)
    assert Job.objects.get(pk=job.pk).state == State.QUEUED
