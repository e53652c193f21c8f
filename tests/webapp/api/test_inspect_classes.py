"""Samples of jobs that classify over REST."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Artifact, Job, Project, Selection, User
from jobs.queries.inspect.probabilities import PROBABILITIES
from jobs.storage.blobs import local_path
from tests.classifying import CLASSES, make_classifier, make_images
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job, images
from tests.webapp.conftest import MakeJob


@pytest.fixture
def job(project: Project, people: dict[str, User], monkeypatch: Any) -> Job:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    make_images(project)
    for name in TEACHERS:
        make_classifier(project, name)
    return ended_job(project, people["editor"], class_files(class_columns(images())))


def test_samples_are_found_by_classes_and_counted(api: APIClient, job: Job) -> None:
    asked = {"who": "teacher:small", "right": "no", "class": "cat", "split": "test"}
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/", asked).json()
    assert [sample["row"] for sample in answer["samples"]] == [32, 44]
    assert {sample["small/class"] for sample in answer["samples"]} == {"dog"}
    told = {one["who"]: one for one in answer["rightness"]}
    assert list(told) == ["student", "target", "solo", *(f"teacher:{name}" for name in TEACHERS)]
    assert (told["teacher:small"]["right"], told["teacher:small"]["share"]) == (0, 0.0)
    assert told["solo"] == {"who": "solo", "right": 2, "share": 1.0, "disputed": 2, "right_disputed": 2}
    assert "student_quality" in answer["quantities"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"class": "horse"}, "class"),
        ({"who": "teacher:nobody"}, "who"),
        ({"right": "x"}, "right"),
        ({"outcome": "x"}, "outcome"),
    ],
)
def test_what_cannot_be_asked_of_classes_is_refused(
    api: APIClient, job: Job, asked: dict[str, str], field: str
) -> None:
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/", asked)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_one_sample_comes_with_what_everybody_says(api: APIClient, job: Job) -> None:
    told = api.get(f"/api/v1/jobs/{job.pk}/samples/4/").json()
    assert (told["row"], told["columns"]["label"], told["image"]) == (4, "cat", None)
    by_who = {one["who"]: one for one in told["answers"]}
    big = by_who["teacher:big"]
    assert (big["said"], big["is_right"], by_who["student"]["is_right"]) == ("dog", False, True)
    assert big["classes"][0]["name"] == "dog"
    assert {one["name"] for one in big["classes"]} == set(CLASSES)
    assert sum(one["probability"] for one in big["classes"]) == pytest.approx(1.0)
    assert told["weights_over_training"]["steps"] == [0, 10, 20, 30, 40]
    assert set(told["weights_over_training"]["weights"]) == set(TEACHERS)
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/48/").status_code == 404


def test_probabilities_that_are_gone_are_told(api: APIClient, job: Job) -> None:
    stored = local_path(Artifact.objects.get(job=job, name=PROBABILITIES).blob)
    assert stored is not None
    stored.unlink()
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/4/")
    assert (answer.status_code, PROBABILITIES in answer.json()["detail"]) == (404, True)


def test_the_confusion_matrix_is_counted_for_everybody(api: APIClient, job: Job) -> None:
    path = f"/api/v1/jobs/{job.pk}/samples/confusion/"
    told = api.get(path).json()
    assert (told["who"], told["split"], [one["name"] for one in told["classes"]]) == (
        "student",
        "test",
        list(CLASSES),
    )
    assert told["counts"] == [[4, 2, 0, 0], [0, 4, 2, 0], [0, 0, 4, 2], [2, 0, 0, 4]]
    assert told["classes"][0] | {"recall": None, "precision": None} == {
        "name": "cat",
        "samples": 6,
        "right": 4,
        "said": 6,
        "recall": None,
        "precision": None,
    }
    odd = api.get(path, {"who": "teacher:v1.2/odd", "split": ""}).json()
    assert odd["counts"] == [[12, 0, 0, 0], [0, 0, 12, 0], [0, 0, 12, 0], [12, 0, 0, 0]]
    assert list(api.get(path, {"who": "nobody"}).json()["fields"]) == ["who"]
    assert list(api.get(path, {"split": "train"}).json()["fields"]) == ["split"]


def test_samples_without_classes_are_not_asked_for_them(api: APIClient, make_job: MakeJob) -> None:
    path = f"/api/v1/jobs/{make_job().pk}/samples/"
    assert [api.get(path + one).status_code for one in ("confusion/", "0/")] == [404, 404]


def test_a_selection_is_made_of_what_the_student_gets_wrong(
    api: APIClient, job: Job, project: Project
) -> None:
    asked = {"name": "wrong", "job": job.pk, "filter": "right=no&split=test"}
    assert api.post(f"/api/v1/projects/{project.slug}/selections/", asked, format="json").status_code == 201
    assert Selection.objects.get().count == 8
