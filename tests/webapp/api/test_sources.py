from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Registration, Teacher, User
from jobs.operations.tokens import create_token


@pytest.fixture
def admin(people: dict[str, User], project: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=people['admin'], name='t')[1]}")
    return client


def test_projects_are_listed_for_their_members(api: APIClient) -> None:
    assert [row["slug"] for row in api.get("/api/v1/projects/").json()] == ["moments"]


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_sources_are_listed_and_read(
    api: APIClient, dataset: Dataset, teachers: list[Teacher], noun: str
) -> None:
    rows = api.get(f"/api/v1/{noun}s/?project=moments").json()
    assert {row["name"] for row in rows} == ({"world"} if noun == "dataset" else {"span", "map2d"})
    one = api.get(f"/api/v1/{noun}s/{rows[0]['id']}/").json()
    assert one == rows[0]
    assert len(one["content_hash"]) == 64


def test_a_dataset_tells_its_version_and_a_teacher_its_kind(
    api: APIClient, dataset: Dataset, teachers: list[Teacher]
) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(version=3)
    one = api.get(f"/api/v1/datasets/{dataset.pk}/").json()
    assert (one["version"], one["label"], one["archived_at"]) == (3, "world@3", None)
    one = api.get(f"/api/v1/teachers/{teachers[0].pk}/").json()
    assert (one["kind"], one["dataset"], one["from_job"]) == ("model", None, None)


@pytest.mark.parametrize(
    ("noun", "file", "extra"),
    [
        ("dataset", "a.zip", {"format": "tacos", "accept": ["drop_rows"]}),
        ("teacher", "a.npz", {"dataset": "world", "split": "test"}),
        ("teacher", "a.safetensors", {"card": {"net": {"family": "span"}}}),
    ],
)
def test_registering_answers_with_the_registration_and_where_to_ask_about_it(
    api: APIClient, dataset: Dataset, noun: str, file: str, extra: dict[str, Any]
) -> None:
    path = settings.DATA_ROOTS[0] / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"-")
    body = {"project": "moments", "name": "new", "path": str(path), **extra}
    answer = api.post(f"/api/v1/{noun}s/", body, format="json")
    assert answer.status_code == 202, answer.content
    made = Registration.objects.get()
    assert answer["Location"] == f"/api/v1/registrations/{made.pk}/"
    found = answer.json()
    assert (found["id"], found["kind"], found["state"], found["uploads"]) == (made.pk, noun, "queued", [])
    assert found["accepted"] == extra.get("accept")
    assert made.asked["path"] == str(path)


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_a_refused_registration_is_a_sentence_and_leaves_nothing(api: APIClient, noun: str) -> None:
    settings.DATA_ROOTS[0].mkdir(parents=True)
    body = {"project": "moments", "name": "a@1", "path": "/etc/passwd"}
    answer = api.post(f"/api/v1/{noun}s/", body, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"path", "name"}
    assert not Registration.objects.exists()


def test_what_is_missing_or_unknown_is_named(api: APIClient) -> None:
    answer = api.post("/api/v1/datasets/", {"project": "moments", "format": "coco"}, format="json")
    assert set(answer.json()["fields"]) == {"name", "format"}


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_what_is_archived_is_listed_apart(
    api: APIClient, dataset: Dataset, teachers: list[Teacher], noun: str
) -> None:
    number = {"dataset": dataset.pk, "teacher": teachers[0].pk}[noun]

    def listed(query: str = "") -> set[int]:
        return {row["id"] for row in api.get(f"/api/v1/{noun}s/?project=moments{query}").json()}

    answer = api.put(f"/api/v1/{noun}s/{number}/archive/")
    assert (answer.status_code, bool(answer.json()["archived_at"])) == (200, True)
    assert number not in listed()
    assert listed("&archived=true") == {number}
    assert api.delete(f"/api/v1/{noun}s/{number}/archive/").json()["archived_at"] is None
    assert number in listed()
    assert api.get(f"/api/v1/{noun}s/?project=moments&archived=perhaps").status_code == 400


def test_what_is_needed_is_a_conflict_unless_its_dependents_go_too(
    admin: APIClient, job: Job, dataset: Dataset
) -> None:
    answer = admin.delete(f"/api/v1/datasets/{dataset.pk}/")
    assert answer.status_code == 409
    assert f"needed by job {job.pk}" in answer.json()["detail"]
    assert admin.delete(f"/api/v1/datasets/{dataset.pk}/?with_dependents=true").status_code == 204
    assert not Job.objects.exists()
    assert admin.get(f"/api/v1/datasets/{dataset.pk}/").status_code == 404


def test_a_teacher_that_nothing_needs_is_deleted(admin: APIClient, teachers: list[Teacher]) -> None:
    assert admin.delete(f"/api/v1/teachers/{teachers[0].pk}/").status_code == 204
    assert list(Teacher.objects.all()) == teachers[1:]
