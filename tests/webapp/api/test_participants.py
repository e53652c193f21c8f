"""REST on jobs whose models taught each other: whose samples, and promoting one of them."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from jobs.models import Job, Project, Selection, User
from tests.classifying import make_classifier, make_images
from tests.participating import MODELS, ended_mutual


@pytest.fixture
def zoo(project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)
    make_images(project)
    for name in MODELS:
        make_classifier(project, name)
    return ended_mutual(project, people["editor"])


def test_samples_are_those_of_the_model_that_is_asked_for(api: APIClient, zoo: Job) -> None:
    first = api.get(f"/api/v1/jobs/{zoo.pk}/samples/", {"limit": 5}).json()
    other = api.get(f"/api/v1/jobs/{zoo.pk}/samples/", {"limit": "5", "participant": "small"})
    assert first["samples"][0]["start_class"] == "cat"
    assert {one["who"] for one in first["rightness"]} >= {"student", "start", "solo", "teacher:small"}
    assert [one["student_class"] for one in first["samples"]] != []
    assert other.json()["total"] == 48
    assert "participant=small" in other["Link"]
    wrong = {"who": "start", "right": "no", "participant": "small"}
    assert api.get(f"/api/v1/jobs/{zoo.pk}/samples/", wrong).json()["total"] == 12


def test_a_model_that_has_no_samples_is_refused_in_a_sentence(api: APIClient, zoo: Job) -> None:
    for address in ("samples/", "samples/file.csv", "samples/0/", "samples/confusion/"):
        answer = api.get(f"/api/v1/jobs/{zoo.pk}/{address}", {"participant": "who"})
        assert answer.status_code == 400, address
        assert (
            answer.json()["fields"]["participant"] == "given 'who', accepted is one of big, small, v1.2/odd."
        )


def test_a_job_with_one_student_has_no_participants(api: APIClient, job: Job) -> None:
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/", {"participant": "big"})
    assert answer.status_code == 400
    assert "has one student" in answer.json()["fields"]["participant"]


def test_one_sample_and_the_matrix_are_told_of_it_too(api: APIClient, zoo: Job) -> None:
    sample = api.get(f"/api/v1/jobs/{zoo.pk}/samples/24/", {"participant": "small"}).json()
    start = next(one for one in sample["answers"] if one["who"] == "start")
    assert start["said"] == "cat"
    assert len(start["classes"]) == 4
    asked = {"participant": "small", "who": "start", "split": "test"}
    matrix = api.get(f"/api/v1/jobs/{zoo.pk}/samples/confusion/", asked).json()
    assert sum(one["right"] for one in matrix["classes"]) == 18


def test_samples_of_a_model_become_a_file_and_a_selection(api: APIClient, zoo: Job) -> None:
    asked = {"participant": "small", "outcome": "learned"}
    answer = api.get(f"/api/v1/jobs/{zoo.pk}/samples/file.csv", asked)
    assert f"job-{zoo.pk}-small-samples.csv" in answer["Content-Disposition"]
    address, body = f"/api/v1/projects/{zoo.project.slug}/selections/", {"name": "put right", "job": zoo.pk}
    made = api.post(address, body | {"filter": "participant=small&outcome=learned"}, format="json")
    assert made.status_code == 201
    assert Selection.objects.get().count == 6
    wrong = api.post(address, body | {"filter": "participant=who"}, format="json")
    assert wrong.status_code == 400


def test_a_model_is_promoted_by_its_name(api: APIClient, zoo: Job) -> None:
    body = {"name": "small-2", "participant": "small"}
    answer = api.post(f"/api/v1/jobs/{zoo.pk}/promotion/", body, format="json")
    assert (answer.status_code, answer.json()["name"]) == (202, "small-2")


def test_a_promotion_without_a_model_says_which_there_are(api: APIClient, zoo: Job) -> None:
    for said in ({}, {"participant": ""}, {"participant": "who"}):
        answer = api.post(f"/api/v1/jobs/{zoo.pk}/promotion/", {"name": "x", **said}, format="json")
        assert answer.status_code == 400
        told = answer.json()["fields"]["participant"]
        assert "accepted is one of those that learned: 'big', 'small', 'v1.2/odd'." in str(told)


def test_a_viewer_promotes_nobody(people: dict[str, User], zoo: Job) -> None:
    client = APIClient()
    client.force_authenticate(people["viewer"])
    body = {"name": "x", "participant": "small"}
    assert client.post(f"/api/v1/jobs/{zoo.pk}/promotion/", body, format="json").status_code == 403
