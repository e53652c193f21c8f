"""Every list is read page by page by following its links, and then nothing is missing or twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Artifact, Attempt, Blob, Dataset, Group, Job, Project, Registration, Teacher, User
from jobs.operations.projects import create_project
from jobs.operations.selections import create_selection
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob
from tests.webapp.working import a_worker


@pytest.fixture
def many(make_job: MakeJob, project: Project, dataset: Dataset, people: dict[str, User]) -> Job:
    """Five of everything."""
    for number in range(5):
        create_project(name=f"Study {number}", user=people["editor"])
        Dataset.objects.create(
            project=project, name="again", version=number + 1, content_hash=f"{number}" * 64
        )
        Teacher.objects.create(project=project, name=f"teacher {number}", content_hash=f"{number}" * 64)
        Registration.objects.create(project=project, kind="teacher", name="span")
        make_job(group=Group.objects.create(project=project, name="study", document={}))
        a_worker(f"host/worker-{number}", queues=[f"queue-{number}"])
        create_selection(dataset=dataset, user=people["editor"], name=f"s{number}", ids=["v0#0"])
    job = Job.objects.order_by("pk")[0]
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="host/worker-0")
    for number in range(5):
        blob = Blob.objects.create(sha256=f"{number}" * 64, size=1, touched_at=timezone.now())
        Artifact.objects.create(job=job, attempt=attempt, name=f"{number}.txt", blob=blob, size=1)
    return job


def pages(api: APIClient, address: str) -> Iterator[Any]:
    while address:
        answer = api.get(address)
        assert answer.status_code == 200, answer.content
        yield answer.json()
        address = answer.get("Link", "").partition(">")[0].removeprefix("<")


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/projects/?",
        "/api/v1/queues/?",
        "/api/v1/workers/?",
        "/api/v1/datasets/?project=moments",
        "/api/v1/teachers/?project=moments",
        "/api/v1/registrations/?project=moments",
        "/api/v1/jobs/?project=moments",
        "/api/v1/groups/?project=moments",
        "/api/v1/projects/moments/selections/?",
        "/api/v1/jobs/{job}/artifacts/?",
    ],
)
def test_the_links_of_a_list_lead_through_all_of_it(api: APIClient, many: Job, address: str) -> None:
    address = address.format(job=many.pk)
    whole = api.get(f"{address}&limit=200").json()
    read = list(pages(api, f"{address}&limit=2"))
    assert len(whole) >= 5
    assert [row for page in read for row in page] == whole
    assert {len(page) for page in read[:-1]} == {2}


def test_events_lead_on_too(api: APIClient, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.finish()
    whole = api.get(f"/api/v1/jobs/{job.pk}/events/").json()["events"]
    read = [page["events"] for page in pages(api, f"/api/v1/jobs/{job.pk}/events/?limit=1")]
    assert [event for page in read for event in page] == whole
