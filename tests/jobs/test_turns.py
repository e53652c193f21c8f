"""Whose turn it is, with one worker and with many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.models import Attempt, Dataset, Job, Project, State, User
from jobs.operations.claims import claim
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from jobs.operations.turns import next_of
from mtkd_engine.spec import parse

pytestmark = pytest.mark.django_db
Submit = Callable[..., Job]
Meanwhile = Callable[[Callable[[], None]], None]


@pytest.fixture
def other(user: User) -> Project:
    return _project("Other", user)


@pytest.fixture
def third(user: User) -> Project:
    return _project("Third", user)


@pytest.fixture
def theirs(user: User) -> Submit:
    """Submits a job to a project that is not the usual one."""

    def make(project: Project, **changes: Any) -> Job:
        job = submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
        Job.objects.filter(pk=job.pk).update(**changes)
        return job

    return make


def _project(name: str, user: User) -> Project:
    made = create_project(name=name, user=user)
    Dataset.objects.create(project=made, name="world", content_hash=name[0] * 64, report={"feature_width": 8})
    return made


def taken() -> int | None:
    """Takes the next job, as a claim does."""
    with transaction.atomic():
        job = next_of("cpu")
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
        Attempt.objects.create(job=job, number=job.attempts.count() + 1, fence=job.fence + 1, worker="w")
    return job.pk


def end(job_id: int | None) -> None:
    Job.objects.filter(pk=job_id).update(state=State.SUCCEEDED)


def taken_one_after_the_other(count: int) -> list[int | None]:
    """What a single worker takes, which ends a job before it takes the next."""
    order = []
    for _ in range(count):
        order.append(taken())
        end(order[-1])
    return order


def test_an_empty_queue_gives_nothing(make_job: Any) -> None:
    make_job(queue="gpu")
    assert taken() is None


def test_priority_goes_before_fairness_and_age(make_job: Any, other: Project, theirs: Submit) -> None:
    low, usual = make_job(priority=-3), make_job()
    urgent, last = make_job(priority=10), theirs(other, priority=-10)
    assert [taken() for _ in range(4)] == [urgent.pk, usual.pk, low.pk, last.pk]


def test_many_workers_are_shared_between_projects(
    make_job: Any, other: Project, third: Project, theirs: Submit
) -> None:
    mine = [make_job().pk for _ in range(4)]
    others, thirds = [theirs(other).pk for _ in range(2)], [theirs(third).pk]
    order = [taken() for _ in range(7)]
    assert order == [mine[0], others[0], thirds[0], mine[1], others[1], mine[2], mine[3]]


def test_one_worker_is_shared_too_so_that_many_jobs_starve_nobody(
    make_job: Any, other: Project, theirs: Submit
) -> None:
    mine = [make_job().pk for _ in range(20)]
    others = [theirs(other).pk for _ in range(2)]
    assert taken_one_after_the_other(5) == [mine[0], others[0], mine[1], others[1], mine[2]]


def test_a_project_that_runs_less_goes_before_one_that_waited_longer(
    make_job: Any, other: Project, theirs: Submit
) -> None:
    busy, second = make_job(), make_job()
    assert taken() == busy.pk
    end(theirs(other).pk)
    late = theirs(other)
    assert [taken(), taken()] == [late.pk, second.pk]


def test_a_project_at_its_limit_is_passed_over_and_others_go_on(
    make_job: Any, project: Project, other: Project, theirs: Submit
) -> None:
    Project.objects.filter(pk=project.pk).update(job_limit=1)
    mine = [make_job(priority=10).pk for _ in range(3)]
    others = [theirs(other, priority=-10).pk for _ in range(2)]
    assert [taken() for _ in range(4)] == [mine[0], *others, None]
    end(mine[0])
    assert [taken(), taken()] == [mine[1], None]


def test_a_limit_of_nought_starts_nothing(make_job: Any, project: Project) -> None:
    make_job()
    Project.objects.filter(pk=project.pk).update(job_limit=0)
    assert taken() is None


def test_jobs_of_other_queues_count_and_jobs_trained_elsewhere_do_not(
    make_job: Any, project: Project, other: Project, theirs: Submit
) -> None:
    Project.objects.filter(pk=project.pk).update(job_limit=2)
    make_job(state=State.RUNNING, elsewhere=True)
    make_job(state=State.STARTING, queue="gpu")
    mine, over = make_job(), make_job()
    theirs(other, state=State.RUNNING)
    late = theirs(other)
    assert [taken(), taken(), taken()] == [mine.pk, late.pk, None]
    assert Job.objects.get(pk=over.pk).state == State.QUEUED


def test_deleted_and_overdue_jobs_have_no_turn(make_job: Any) -> None:
    make_job(deleted_at=timezone.now())
    make_job(deadline_at=timezone.now() - timedelta(seconds=1))
    in_time = make_job(deadline_at=timezone.now() + timedelta(hours=1))
    assert [taken(), taken()] == [in_time.pk, None]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_somebody_holds_is_passed_over(
    make_job: Any, other: Project, theirs: Submit, meanwhile: Meanwhile, wait_for: Any
) -> None:
    held, second, late = make_job(priority=1), make_job(), theirs(other)
    seen: list[int | None] = []
    with _locked(held):
        meanwhile(lambda: seen.extend([taken(), taken(), taken()]))
        wait_for(lambda: len(seen) == 3)
    assert seen == [second.pk, late.pk, None]
    assert taken() == held.pk


@contextmanager
def _locked(job: Job) -> Iterator[None]:
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        yield


def test_the_choice_costs_the_same_whatever_waits(
    make_job: Any, django_assert_max_num_queries: Any, dataset: Dataset
) -> None:
    first = make_job()
    like = {"project_id": first.project_id, "spec": {}, "spec_hash": "", "dataset": dataset}
    Job.objects.bulk_create(Job(name=f"j{number}", **like) for number in range(2000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    with transaction.atomic(), django_assert_max_num_queries(4):
        assert next_of("cpu") == first


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_never_exceed_a_limit(
    make_job: Any, project: Project, other: Project, theirs: Submit, meanwhile: Meanwhile, wait_for: Any
) -> None:
    Project.objects.filter(pk=project.pk).update(job_limit=2)
    mine, others = {make_job().pk for _ in range(6)}, {theirs(other).pk for _ in range(3)}
    together, got = threading.Barrier(6), list[int | None]()

    def work() -> None:
        together.wait(10)
        for _ in range(3):
            held = claim(queue="cpu", worker="w", threads=1, device="cpu")
            got.append(None if held is None else held.job_id)

    for _ in range(6):
        meanwhile(work)
    wait_for(lambda: len(got) == 18)
    assert len(mine & set(got)) == 2
    assert others <= set(got)
    assert len([one for one in got if one is not None]) == 5
