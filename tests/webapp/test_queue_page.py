"""The page of the queues: whose turn it is, and what is not for everybody's eyes."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from jobs.models import Job, Membership, Project, User
from jobs.operations.projects import create_project
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob
from tests.webapp.working import a_worker


def page(client: Client) -> str:
    return client.get("/queue/").content.decode()


def names(text: str) -> list[str]:
    return re.findall(r'class="job-name" href="/jobs/\d+/">([^<]+)<', text)


@pytest.fixture
def elsewhere(people: dict[str, User]) -> Project:
    return create_project(name="Of others", user=people["outsider"])


def test_jobs_stand_in_the_order_in_which_they_will_run(viewer: Client, make_job: MakeJob) -> None:
    a_worker("host/worker-1")
    low, middle, high = make_job(priority=-1), make_job(), make_job(priority=5)
    text = page(viewer)
    assert names(text) == [high.name, middle.name, low.name]
    for reason in ("Next", "1 ahead", "2 ahead"):
        assert f'<td class="is-reason">{reason}</td>' in text


def test_a_queue_that_nobody_serves_says_how_to_serve_it(viewer: Client, make_job: MakeJob) -> None:
    make_job(queue="gpu")
    text = page(viewer)
    assert "No worker serves queue gpu and none ever did" in text
    assert "python manage.py worker --queues gpu" in text


def test_a_running_job_stands_with_its_worker(viewer: Client, job: Job) -> None:
    a_worker("double@test")
    EngineDouble().start()
    text = page(viewer)
    assert names(text) == [job.name]
    assert "double@test" in text


def test_jobs_of_other_projects_are_counted_and_not_named(
    viewer: Client, make_job: MakeJob, elsewhere: Project, people: dict[str, User]
) -> None:
    a_worker("host/worker-1")
    running, waiting = make_job(priority=9, project=elsewhere), make_job(project=elsewhere)
    EngineDouble().start()
    text = page(viewer)
    assert names(text) == []
    assert text.count("1 more of other projects") == 2
    assert running.name not in text
    Membership.objects.create(project=elsewhere, user=people["viewer"])
    assert names(page(viewer)) == [running.name, waiting.name]


def test_a_superuser_sees_the_jobs_of_all_projects(make_job: MakeJob, elsewhere: Project) -> None:
    job = make_job(project=elsewhere)
    operator = Client()
    operator.force_login(User.objects.create_superuser(username="operator"))
    assert names(page(operator)) == [job.name]


def test_an_open_page_asks_only_for_the_list(viewer: Client, job: Job) -> None:
    part = viewer.get("/queue/?part=list").content.decode()
    assert "<html" not in part
    assert job.name in part
    assert 'data-again="3"' in part


def test_the_page_costs_the_same_number_of_questions_for_any_number_of_jobs(
    viewer: Client, make_job: MakeJob, django_assert_max_num_queries: object
) -> None:
    a_worker("host/worker-1")
    for _ in range(12):
        make_job()
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page(viewer)


def test_the_lists_of_jobs_say_why_one_waits(viewer: Client, make_job: MakeJob) -> None:
    a_worker("host/worker-1")
    make_job(), make_job()
    for path in ("/projects/moments/", "/projects/moments/jobs/?q=state:queued"):
        assert "· 1 ahead" in viewer.get(path).content.decode()


def test_lists_can_be_narrowed_to_paused_jobs(viewer: Client, make_job: MakeJob) -> None:
    paused, _ = make_job(state="paused", pause_reason="a full disk."), make_job()
    text = viewer.get("/projects/moments/jobs/?q=state:paused").content.decode()
    assert names(text) == [paused.name]
    assert "a full disk." in text
