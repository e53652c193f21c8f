"""A job once more: the same one from its checkpoint or from scratch, or a new one with changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Attempt, Dataset, Job, Project, State, User
from jobs.operations.claims import Claim, wish_of
from jobs.operations.endings import fail
from jobs.operations.errors import UnableToRetry, UnableToSubmit
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import resubmit, retry
from mtkd_engine.spec import SpecError, parse

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]
SOON = timedelta(hours=1)


def failed(job: Job, take: Take) -> Claim:
    held = take()
    assert held.job_id == job.pk
    fail(claim=held, cause="nan", sentence="The loss is not a number.", exit_code=1)
    return held


def voids(job: Job) -> list[int]:
    return list(job.attempts.filter(is_void=True).values_list("number", flat=True))


def test_a_failed_job_is_retried_as_the_same_job(
    make_job: Any,
    user: User,
    take: Take,
    rung: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    job = make_job(attempts_lost=2, step=40, pause_reason="old", queued_at=None)
    failed(job, take)
    fence = Job.objects.get(pk=job.pk).fence
    with django_capture_on_commit_callbacks(execute=True):
        job = retry(job=job, user=user)
    assert (job.state, job.failure, job.failure_cause) == (State.QUEUED, "", "")
    assert (job.finished_at, job.cancel_requested_at, job.attempts_lost) == (None, None, 0)
    assert (voids(job), job.step, job.fence) == ([], 40, fence + 1)
    assert job.queued_at is not None
    assert rung == ["cpu"]
    assert take().number == 2
    assert Attempt.objects.get(job=job, number=1).reason == "The loss is not a number."


def test_a_job_retried_from_scratch_forgets_its_checkpoints_and_keeps_its_history(
    make_job: Any, user: User, take: Take
) -> None:
    job = make_job()
    failed(job, take)
    failed(retry(job=job, user=user), take)
    job = retry(job=job, user=user, from_scratch=True)
    assert (voids(job), job.step, job.attempts.count()) == ([1, 2], 0, 2)
    assert take().number == 3


def test_a_cancelled_job_can_be_retried_and_is_not_cancelled_by_the_old_wish(
    make_job: Any, user: User, take: Take
) -> None:
    job = request_cancel(job=make_job(), user=user)
    assert retry(job=job, user=user).cancel_requested_at is None
    assert wish_of(claim=take()) is None


@pytest.mark.parametrize("state", [s for s in State if s not in {State.FAILED, State.CANCELLED}])
def test_only_failed_and_cancelled_jobs_are_retried(make_job: Any, user: User, state: State) -> None:
    job = make_job(state=state)
    with pytest.raises(UnableToRetry, match=f"is {state}; only a failed or cancelled job"):
        retry(job=job, user=user)


def test_a_passed_deadline_does_not_end_a_retry(make_job: Any, user: User) -> None:
    passed, later = timezone.now() - SOON, timezone.now() + SOON

    def retried(had: Any, **given: Any) -> Any:
        return retry(job=make_job(state=State.FAILED, deadline_at=had), user=user, **given).deadline_at

    assert retried(passed) is None
    assert retried(later) == later
    assert retried(passed, deadline=later) == later
    assert retried(later, deadline=None) is None
    with pytest.raises(UnableToRetry, match="in the next ten years"):
        retried(later, deadline=passed)


def test_a_resubmitted_job_is_a_new_one_with_changes(make_job: Any, user: User) -> None:
    old = make_job(queue="gpu", priority=4, deadline_at=timezone.now() + SOON, state=State.SUCCEEDED)
    new = resubmit(job=old, user=user, changes={"optim": {"epochs": 3}, "name": "shorter"})
    assert (new.state, new.resubmitted_from, new.name) == (State.QUEUED, old, "shorter")
    assert (new.queue, new.priority, new.deadline_at) == ("gpu", 4, None)
    assert new.spec == {**old.spec, "name": "shorter", "optim": {**old.spec["optim"], "epochs": 3}}
    assert new.spec_hash != old.spec_hash
    back = resubmit(job=new, user=user, changes={"optim": {"epochs": None}}, queue="cpu", priority=-1)
    assert back.spec["optim"] == parse({"data": {"dataset": "world"}}).model_dump(mode="json")["optim"]
    assert (back.queue, back.priority, back.resubmitted_from) == ("cpu", -1, new)


def test_a_resubmission_that_is_no_spec_says_which_field(make_job: Any, user: User) -> None:
    job = make_job()
    with pytest.raises(SpecError) as refusal:
        resubmit(job=job, user=user, changes={"optim": {"epochs": 0}, "epoks": 3})
    assert set(refusal.value.fields) == {"optim.epochs", "epoks"}
    with pytest.raises(UnableToSubmit) as unknown:
        resubmit(job=job, user=user, changes={"data": {"dataset": "nowhere"}}, queue="tpu")
    assert list(unknown.value.fields) == ["queue"]
    assert Job.objects.count() == 1


def test_a_resubmission_learns_from_the_very_dataset_of_the_old_job(
    make_job: Any, user: User, project: Project, dataset: Dataset
) -> None:
    old = make_job()
    newer = Dataset.objects.create(
        project=project, name="world", version=2, content_hash="c" * 64, report=dataset.report
    )
    assert resubmit(job=old, user=user, changes={}).dataset == dataset
    assert resubmit(job=old, user=user, changes={"data": {"dataset": "world"}}).dataset == newer


def test_changes_nested_without_end_are_refused(make_job: Any, user: User) -> None:
    changes: dict[str, Any] = {}
    inner = changes
    for _ in range(3000):
        inner["a"] = inner = {}
    with pytest.raises(UnableToSubmit) as refusal:
        resubmit(job=make_job(), user=user, changes=changes)
    assert "too deeply" in refusal.value.fields["changes"]
