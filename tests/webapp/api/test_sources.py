from __future__ import annotations

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from jobs.models import Dataset, Teacher


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


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_registering_answers_with_the_source(
    api: APIClient, dataset: Dataset, teachers: list[Teacher], noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"dataset": dataset, "teacher": teachers[0]}[noun]
    monkeypatch.setattr(f"webapp.api.sources.register_{noun}", lambda **given: made)
    body = {"project": "moments", "name": "new", "path": "/data/x"}
    answer = api.post(f"/api/v1/{noun}s/", body, format="json")
    assert (answer.status_code, answer.json()["id"]) == (201, made.pk)


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_a_refused_registration_is_a_sentence_and_leaves_nothing(api: APIClient, noun: str) -> None:
    settings.DATA_ROOTS[0].mkdir(parents=True)
    body = {"project": "moments", "name": "new", "path": "/etc/passwd"}
    answer = api.post(f"/api/v1/{noun}s/", body, format="json")
    assert answer.status_code == 400
    assert "path" in answer.json()["fields"]
    assert not Dataset.objects.exists()
    assert not Teacher.objects.exists()


def test_what_is_missing_is_named(api: APIClient) -> None:
    answer = api.post("/api/v1/datasets/", {"project": "moments"}, format="json")
    assert set(answer.json()["fields"]) == {"name", "path"}
