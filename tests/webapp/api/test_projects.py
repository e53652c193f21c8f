"""Projects and queues over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Project, Queue, User
from tests.webapp.conftest import MakeJob


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_an_admin_sets_the_limits_of_a_project(people: dict[str, User], project: Project) -> None:
    client = client_of(people["admin"])
    answer = client.patch("/api/v1/projects/moments/", {"job_limit": 2, "keep_days": 30}, format="json")
    assert (answer.status_code, answer.json()["job_limit"], answer.json()["keep_days"]) == (200, 2, 30)
    answer = client.patch("/api/v1/projects/moments/", {"job_limit": None}, format="json")
    assert (answer.json()["job_limit"], answer.json()["keep_days"]) == (None, 30)
    assert client.get("/api/v1/projects/").json()[0]["keep_days"] == 30


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"job_limit": -1}, "job_limit"),
        ({"keep_days": 0}, "keep_days"),
        ({"keep_days": "long"}, "keep_days"),
        ({"name": "other"}, "name"),
    ],
)
def test_what_cannot_be_set_is_refused_by_field(
    people: dict[str, User], project: Project, asked: dict[str, Any], field: str
) -> None:
    answer = client_of(people["admin"]).patch("/api/v1/projects/moments/", asked, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    ("who", "read", "write"), [("outsider", 404, 404), ("viewer", 200, 403), ("editor", 200, 403)]
)
def test_members_read_a_project_and_only_admins_set_it(
    people: dict[str, User], project: Project, who: str, read: int, write: int
) -> None:
    client = client_of(people[who])
    assert client.get("/api/v1/projects/moments/").status_code == read
    assert client.patch("/api/v1/projects/moments/", {"job_limit": 1}, format="json").status_code == write


def test_queues_are_listed_for_everybody_who_is_logged_in(people: dict[str, User], make_job: MakeJob) -> None:
    Queue.objects.create(name="cpu", served_at=timezone.now())
    make_job()
    rows = {row["name"]: row for row in client_of(people["outsider"]).get("/api/v1/queues/").json()}
    assert set(rows) == {"cpu", "gpu"}
    assert (rows["cpu"]["waiting"], rows["cpu"]["workers"], rows["gpu"]["waiting"]) == (1, 0, 0)
    assert rows["cpu"]["served_at"]
    assert rows["gpu"]["served_at"] is None
    assert APIClient().get("/api/v1/queues/").status_code == 401


def test_a_project_is_made_and_its_maker_administers_it(people: dict[str, User]) -> None:
    client = client_of(people["outsider"])
    answer = client.post("/api/v1/projects/", {"name": "Deep Sea"}, format="json")
    assert (answer.status_code, answer["Location"]) == (201, "/api/v1/projects/deep-sea/")
    assert answer.json()["slug"] == "deep-sea"
    assert client.patch("/api/v1/projects/deep-sea/", {"keep_days": 3}, format="json").status_code == 200


@pytest.mark.parametrize("name", ["", "...", "x" * 81, "Moments", None])
def test_a_project_that_cannot_be_is_refused_by_field(
    people: dict[str, User], project: Project, name: str | None
) -> None:
    answer = client_of(people["admin"]).post("/api/v1/projects/", {"name": name}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])
