"""What goes on in each queue, and why each job waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from django.utils import timezone

from jobs.models import Attempt, Dataset, Job, Project, Queue, State, User, Worker
from jobs.operations.claims import claim
from jobs.operations.projects import create_project
from jobs.queries.access import projects_of
from jobs.queries.queues import known_queues, list_waiting, overview, why_waiting

pytestmark = pytest.mark.django_db


class Hire(Protocol):
    def __call__(self, *queues: str, **changes: Any) -> Worker: ...


@pytest.fixture
def hire() -> Hire:
    """Has a worker there, alive unless told otherwise."""

    def one(*queues: str, **changes: Any) -> Worker:
        now, name = timezone.now(), f"worker {Worker.objects.count() + 1}"
        given = {"name": name, "host": "here", "pid": 1, "started_at": now, "seen_at": now, **changes}
        return Worker.objects.create(queues=list(queues), **given)

    return one


def reasons(*jobs: Job) -> list[str]:
    found = why_waiting(list(jobs))
    return [found.get(job.pk, "-") for job in jobs]


def test_the_usual_queues_and_those_that_were_served_are_known_but_not_that_of_registrations() -> None:
    Queue.objects.bulk_create([Queue(name="big"), Queue(name="intake"), Queue(name="cpu")])
    assert known_queues() == ["big", "cpu", "gpu"]


def test_jobs_say_how_many_are_ahead_of_them(make_job: Any, hire: Hire) -> None:
    hire("cpu")
    low, one, two, urgent = make_job(priority=-1), make_job(), make_job(), make_job(priority=1)
    assert reasons(low, one, two, urgent) == ["3 ahead", "1 ahead", "2 ahead", "next"]


def test_who_is_ahead_is_told_as_the_jobs_will_be_taken(make_job: Any, hire: Hire, user: User) -> None:
    hire("cpu")
    projects = [create_project(name=f"P{number}", user=user) for number in range(3)]
    jobs = []
    for number, project in enumerate([0, 0, 0, 1, 1, 2, 0, 2, 1, 1]):
        jobs.append(make_job(priority=number % 2))
        Job.objects.filter(pk=jobs[-1].pk).update(project=projects[project])
    told = why_waiting(jobs)
    order = sorted(told, key=lambda pk: 0 if told[pk] == "next" else int(told[pk].split()[0]))
    taken = [claim(queue="cpu", worker="w", threads=1, device="cpu") for _ in jobs]
    assert order == [one.job_id for one in taken if one is not None]


def test_the_next_job_says_that_all_workers_are_busy(make_job: Any, hire: Hire) -> None:
    worker = hire("cpu", "gpu")
    make_job()
    one, two = make_job(), make_job()
    assert claim(queue="cpu", worker=worker, threads=1, device="cpu") is not None
    assert reasons(one, two) == ["next; the workers of queue cpu are busy", "1 ahead"]
    hire("cpu")
    assert reasons(one, two) == ["next", "1 ahead"]


def test_a_queue_that_nobody_serves_says_since_when(make_job: Any, hire: Hire, settings: Any) -> None:
    job = make_job(queue="gpu")
    hire("cpu")
    assert reasons(job) == ["no worker serves queue gpu and none ever did"]
    long_ago = datetime(2026, 2, 3, 10, 42, tzinfo=UTC)
    queue = Queue.objects.create(name="gpu", served_at=long_ago)
    assert reasons(job) == ["no worker serves queue gpu since 10:42 UTC on 2026-02-03"]
    queue.served_at = now = timezone.now()
    queue.save()
    assert reasons(job) == [f"no worker serves queue gpu since {now.astimezone(UTC):%H:%M} UTC"]


def test_workers_that_stopped_or_fell_silent_serve_nothing(make_job: Any, hire: Hire) -> None:
    job = make_job()
    hire("cpu", stopped_at=timezone.now())
    hire("cpu", seen_at=timezone.now() - timedelta(hours=1))
    assert reasons(job) == ["no worker serves queue cpu and none ever did"]


def test_a_queue_whose_workers_all_drain_says_so(make_job: Any, hire: Hire) -> None:
    job = make_job()
    hire("cpu", drain_requested_at=timezone.now())
    assert reasons(job) == ["the only worker of queue cpu is draining"]
    hire("cpu", drain_requested_at=timezone.now())
    assert reasons(job) == ["all 2 workers of queue cpu are draining"]
    hire("cpu")
    assert reasons(job) == ["next"]


def test_a_project_at_its_limit_says_so_and_holds_nobody_else_up(
    make_job: Any, hire: Hire, project: Project, user: User
) -> None:
    hire("cpu")
    Project.objects.filter(pk=project.pk).update(job_limit=2)
    for _ in range(2):
        make_job(state=State.RUNNING)
    held_up, other = make_job(priority=10), make_job()
    Job.objects.filter(pk=other.pk).update(project=create_project(name="Other", user=user))
    assert reasons(held_up, other) == ["its project runs 2 of at most 2 jobs", "next"]


def test_only_queued_jobs_wait(make_job: Any, hire: Hire) -> None:
    hire("cpu")
    gone = make_job(deleted_at=timezone.now())
    late = make_job(deadline_at=timezone.now() - timedelta(seconds=1))
    paused, ended = make_job(state=State.PAUSED), make_job(state=State.FAILED)
    assert reasons(gone, late, paused, ended) == ["-", "its deadline has passed", "-", "-"]
    assert why_waiting(make_job()) != {}


def test_why_jobs_wait_costs_the_same_for_many(
    make_job: Any, hire: Hire, django_assert_max_num_queries: Any, dataset: Dataset
) -> None:
    hire("cpu")
    first = make_job()
    like = {"project_id": first.project_id, "spec": {}, "spec_hash": "", "dataset": dataset}
    Job.objects.bulk_create(Job(name=f"j{number}", **like) for number in range(1000))
    jobs = list_waiting(projects=Project.objects.all(), limit=2000)
    with django_assert_max_num_queries(9):
        assert sorted(set(why_waiting(jobs).values())) == sorted(
            ["next", *(f"{number} ahead" for number in range(1, 1001))]
        )


def test_the_overview_counts_what_waits_and_runs_and_who_is_there(make_job: Any, hire: Hire) -> None:
    seen = timezone.now()
    Queue.objects.create(name="cpu", served_at=seen)
    hire("cpu", "big", drain_requested_at=seen)
    worker = hire("cpu")
    make_job()
    claim(queue="cpu", worker=worker, threads=1, device="cpu")
    make_job()
    make_job(deleted_at=seen)
    make_job(state=State.RUNNING, elsewhere=True)
    make_job(queue="odd")
    lines = {line.name: line for line in overview()}
    cpu = lines["cpu"]
    assert (cpu.workers, cpu.draining, cpu.busy, cpu.waiting, cpu.running) == (2, 1, 1, 1, 1)
    assert cpu.served_at == seen
    assert set(lines) == {"cpu", "gpu", "odd"}
    assert (lines["odd"].waiting, lines["odd"].workers, lines["odd"].served_at) == (1, 0, None)


def test_waiting_jobs_are_listed_of_the_projects_one_may_look_at(make_job: Any, user: User) -> None:
    first, second = make_job(), make_job(queue="gpu")
    make_job(deleted_at=timezone.now())
    make_job(state=State.PAUSED)
    stranger = User.objects.create_user(username="bob")
    assert list_waiting(projects=projects_of(user)) == [first, second]
    assert list_waiting(projects=projects_of(user), queue="gpu") == [second]
    assert list_waiting(projects=projects_of(stranger)) == []
    assert not Attempt.objects.exists()
