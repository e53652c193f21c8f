"""Jobs that no worker of ours trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jobs.models import Attempt, Job, MetricChunk, Project, State, User
from jobs.operations.elsewhere import complete_elsewhere, start_elsewhere
from jobs.operations.errors import TooLateToPost, UnableToComplete, UnableToPost, UnableToSubmit
from jobs.operations.jobs import request_cancel
from jobs.operations.posting import Posted, post_points
from jobs.queries.history import integrity, series

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(project: Project, user: User) -> Job:
    return start_elsewhere(project=project, user=user, name="laptop", parameters={"lr": float("nan")})


def points(first: int, last: int, *, height: float = 0.0, times: list[int] | None = None) -> Posted:
    steps = np.arange(first, last + 1)
    return Posted(steps, steps + height, None if times is None else np.array(times))


def post(job: Job, **metrics: Posted) -> int:
    named = {name.replace("_", "/"): posted for name, posted in metrics.items()}
    return post_points(job=job, user=User.objects.get(), points=named)


def test_small_batches_are_sealed_when_there_are_enough(begun: Job) -> None:
    for first in range(0, 1100, 10):
        post(begun, loss=points(first, first + 9))
    chunks = MetricChunk.objects.filter(job=begun)
    assert list(chunks.filter(sealed=True).values_list("points", flat=True)) == [512, 512]
    assert series(job_id=begun.pk)["loss"].steps.tolist() == list(range(1100))
    assert integrity(begun.pk) == []


def test_training_that_goes_back_begins_an_attempt_which_masks_what_it_repeats(begun: Job) -> None:
    post(begun, loss=points(0, 99), val=points(50, 50), system_cpu=points(0, 99))
    post(begun, loss=points(80, 119, height=1000.0), system_cpu=points(0, 9))
    attempts = list(Attempt.objects.filter(job=begun).order_by("number"))
    assert [(row.number, row.outcome) for row in attempts] == [(1, "lost"), (2, "")]
    assert attempts[0].reason == "The training went back to step 80 and on from there."
    curves = series(job_id=begun.pk)
    assert curves["loss"].values.tolist() == [*range(80), *range(1080, 1120)]
    assert curves["val"].steps.tolist() == [50]
    assert len(curves["system/cpu"].steps) == 110
    assert integrity(begun.pk) == []


def test_metrics_of_the_system_never_make_an_attempt(begun: Job) -> None:
    post(begun, system_cpu=points(5, 9))
    post(begun, system_cpu=points(0, 4))
    assert Attempt.objects.filter(job=begun).count() == 1


def test_training_told_afterwards_keeps_its_times(begun: Job) -> None:
    told = [1_600_000_000_000, 1_600_000_060_000]
    post(begun, loss=points(0, 1, times=told))
    assert series(job_id=begun.pk)["loss"].times_ms.tolist() == told
    begun.refresh_from_db()
    assert begun.started_at is not None
    assert begun.started_at.year == 2020


def test_a_batch_is_taken_whole_or_not_at_all(begun: Job) -> None:
    wrong = Posted(np.array([2, 1]), np.array([0.0, 0.0]))
    with pytest.raises(UnableToPost) as refusal:
        post(begun, loss=points(0, 9), other=wrong)
    assert list(refusal.value.fields) == ["metrics.other"]
    assert not MetricChunk.objects.exists()


def test_a_cancelled_job_takes_no_points(begun: Job, user: User) -> None:
    post(begun, loss=points(0, 9))
    request_cancel(job=begun, user=user)
    with pytest.raises(TooLateToPost, match="has ended"):
        post(begun, loss=points(10, 19))
    with pytest.raises(UnableToComplete, match="cancelled"):
        complete_elsewhere(job=begun, user=user, state="succeeded")
    assert integrity(begun.pk) == []


def test_a_job_that_was_deleted_takes_no_points(begun: Job, user: User) -> None:
    complete_elsewhere(job=begun, user=user, state="succeeded")
    Job.objects.filter(pk=begun.pk).update(deleted_at=begun.created_at)
    with pytest.raises(TooLateToPost, match="was deleted"):
        post(begun, loss=points(0, 1))


def test_a_dataset_it_does_not_have_is_refused(project: Project, user: User, dataset: Any) -> None:
    found = start_elsewhere(project=project, user=user, name="a", parameters={}, dataset=dataset.label)
    assert (found.dataset, found.state) == (dataset, State.RUNNING)
    with pytest.raises(UnableToSubmit, match="accepted is one of this project: world"):
        start_elsewhere(project=project, user=user, name="a", parameters={}, dataset="moon")
