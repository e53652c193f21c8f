from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import FinalMetric, Job, State, User
from jobs.operations.tokens import create_token
from tests.webapp.conftest import MakeJob

JOBS = "/api/v1/jobs/?project=moments"


@pytest.fixture
def jobs(make_job: MakeJob) -> list[Job]:
    """Three that succeeded, with test/miou 0.1, 0.3 and 0.2, and one that failed, newest last."""
    found = [make_job(state=State.SUCCEEDED, tags=["ci"]) for _ in range(3)]
    for job, value in zip(found, (0.1, 0.3, 0.2), strict=True):
        FinalMetric.objects.create(job=job, name="test/miou", value=value)
    return [*found, make_job(state=State.FAILED)]


def test_jobs_are_found_sorted_and_read_page_by_page(api: APIClient, jobs: list[Job]) -> None:
    low, high, middle, failed = (job.pk for job in jobs)
    address, seen = f"{JOBS}&sort=-miou&limit=2", []
    while address:
        answer = api.get(address)
        assert answer.status_code == 200
        seen.append([job["id"] for job in answer.json()])
        address = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
    assert seen == [[high, middle], [low, failed]]
    found = api.get(f"{JOBS}&q=tag:ci+miou>=20%25").json()
    assert [(job["id"], job["tags"], job["archived_at"]) for job in found] == [
        (middle, ["ci"], None),
        (high, ["ci"], None),
    ]
    assert [job["id"] for job in api.get(f"{JOBS}&q=tag:ci&state=failed").json()] == []


def test_columns_come_with_each_job(api: APIClient, jobs: list[Job]) -> None:
    found = api.get(f"{JOBS}&columns=miou,optim.epochs,finished").json()
    assert found[0]["values"] == {"name": "job 4", "miou": None, "optim.epochs": 20, "finished": None}
    assert found[1]["values"]["miou"] == 0.2
    assert api.get(JOBS).json()[0]["values"] == {}


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("q=stat:failed", "q", "given the key 'stat'"),
        ("sort=-tags", "sort", "accepted is a column with one value"),
        ("columns=" + "x" * 201, "columns", "accepted is one of id, state"),
        ("cursor=x", "cursor", "accepted is a cursor"),
        ("state=odd", "state", "accepted is one of queued"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_key(
    api: APIClient, jobs: list[Job], query: str, field: str, sentence: str
) -> None:
    answer = api.get(f"{JOBS}&{query}")
    assert answer.status_code == 400
    assert sentence in answer.json()["fields"][field]


def test_the_table_is_sent_as_csv(api: APIClient, jobs: list[Job]) -> None:
    answer = api.get("/api/v1/jobs/table.csv?project=moments&q=tag:ci&sort=miou&columns=test/miou")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows == [
        ["id", "name", "test/miou"],
        *(
            [str(job.pk), job.name, value]
            for job, value in zip((jobs[0], jobs[2], jobs[1]), ("0.1", "0.2", "0.3"), strict=True)
        ),
    ]
    assert api.get("/api/v1/jobs/table.csv?project=moments&q=a:b").status_code == 400


def test_what_is_said_of_a_job_is_patched(api: APIClient, job: Job) -> None:
    body = {"name": "renamed", "tags": ["b", "a"], "notes": "looked at"}
    answer = api.patch(f"/api/v1/jobs/{job.pk}/", body, format="json")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["name"], told["tags"], told["notes"]) == ("renamed", ["a", "b"], "looked at")
    refused = api.patch(f"/api/v1/jobs/{job.pk}/", {"archived": True}, format="json")
    assert (refused.status_code, "has ended" in refused.json()["detail"]) == (409, True)
    Job.objects.update(state=State.FAILED)
    assert api.patch(f"/api/v1/jobs/{job.pk}/", {"archived": True}, format="json").json()["archived_at"]
    assert api.get(JOBS).json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x" * 121}, "name"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": "a"}, "tags"),
        ({"notes": None}, "notes"),
        ({"archived": "perhaps"}, "archived"),
        ({"state": "failed"}, "state"),
    ],
)
def test_what_cannot_be_said_of_a_job_is_refused_at_its_field(
    api: APIClient, job: Job, body: dict[str, Any], field: str
) -> None:
    answer = api.patch(f"/api/v1/jobs/{job.pk}/", body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def act(client: APIClient, **body: Any) -> Any:
    return client.post("/api/v1/jobs/actions/", {"project": "moments", **body}, format="json")


def test_many_jobs_are_acted_on_by_id_or_by_query(api: APIClient, jobs: list[Job]) -> None:
    answer = act(api, action="retry", jobs=[jobs[0].pk, jobs[3].pk])
    assert answer.status_code == 200
    body = answer.json()
    assert body["done"] == 1
    assert [(result["job"], result["done"]) for result in body["results"]] == [
        (jobs[0].pk, False),
        (jobs[3].pk, True),
    ]
    assert "only a failed or cancelled job" in body["results"][0]["sentence"]
    assert act(api, action="tag", q="tag:ci", tags=["seen"]).json()["done"] == 3
    assert act(api, action="archive", q="state:succeeded").json()["done"] == 3


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"action": "retry"}, "jobs", "neither of them"),
        ({"action": "retry", "jobs": [1], "q": ""}, "jobs", "given beside q"),
        ({"action": "retry", "q": "a:b"}, "q", "given the key 'a'"),
        ({"action": "retry", "q": "tag:none"}, "q", "it finds no job"),
        ({"action": "tag", "jobs": [1]}, "tags", "but tag needs one"),
        ({"action": "explode", "jobs": [1]}, "action", "explode"),
        ({"action": "retry", "jobs": [0]}, "jobs.0", "accepted is the number of a job"),
    ],
)
@pytest.mark.usefixtures("jobs")
def test_an_action_that_cannot_be_is_refused_at_its_field(
    api: APIClient, body: dict[str, Any], field: str, sentence: str
) -> None:
    answer = act(api, **body)
    assert answer.status_code == 400
    assert sentence in answer.json()["fields"][field]


def test_only_admins_delete_many_jobs(api: APIClient, jobs: list[Job], people: dict[str, User]) -> None:
    ids = [job.pk for job in jobs]
    assert act(api, action="delete", jobs=ids).status_code == 403
    admin = APIClient()
    admin.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=people['admin'], name='a')[1]}")
    assert act(admin, action="delete", jobs=ids).json()["done"] == 4
    assert api.get(JOBS).json() == []
