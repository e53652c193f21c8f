"""Asking a student over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from jobs.models import Job, Prediction, PredictionState, Project, User
from tests.jobs.asking_students import a_finished_job, a_sealed_dataset


@pytest.fixture
def asked_job(
    project: Project, people: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Job:
    monkeypatch.setattr("jobs.operations.predictions.ring", lambda queue: None)
    dataset = a_sealed_dataset(project, tmp_path / "sealed")
    return a_finished_job(project, user=people["editor"], dataset=dataset, folder=tmp_path)


def address(job: Job) -> str:
    return f"/api/v1/jobs/{job.pk}/predictions/"


def test_a_question_is_taken_on_and_read_until_it_is_answered(api: APIClient, asked_job: Job) -> None:
    taken = api.post(address(asked_job), {"sentence": "a door opens", "row": 6}, format="json")
    made = Prediction.objects.get()
    assert taken.status_code == 202
    assert taken["Location"] == f"{address(asked_job)}{made.pk}/"
    body = taken.json()
    assert (body["state"], body["answer"], body["job"]) == ("queued", None, asked_job.pk)
    assert body["asked"] == {"row": 6, "video": "-v", "duration": 9.0}
    Prediction.objects.update(state=PredictionState.ANSWERED, answer={"answers": []})
    read = api.get(taken["Location"]).json()
    assert (read["state"], read["answer"], read["error"]) == ("answered", {"answers": []}, "")


def test_a_file_comes_in_a_multipart_body(api: APIClient, asked_job: Job) -> None:
    file = SimpleUploadedFile("film.npy", b"rows")
    given = {"sentence": "a door opens", "features": file, "duration": "9.5", "video": "one"}
    taken = api.post(address(asked_job), given, format="multipart")
    assert taken.status_code == 202, taken.json()
    assert taken.json()["asked"] == {"file": "film.npy", "duration": 9.5, "video": "one"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sentence": "a door"}, "row"),
        ({"row": 0}, "sentence"),
        ({"sentence": "?!", "row": 0}, "sentence"),
        ({"sentence": "a door", "row": 99}, "row"),
        ({"sentence": "a door", "row": "x"}, "row"),
        ({"sentence": "a door", "row": 0, "duration": 9}, "duration"),
        ({"sentence": "a door", "rows": 0}, "rows"),
        ({"sentence": "a door", "features": "film.npy"}, "features"),
    ],
)
def test_a_refusal_names_its_field(api: APIClient, asked_job: Job, given: dict[str, Any], field: str) -> None:
    answer = api.post(address(asked_job), given, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Prediction.objects.exists()


def test_a_job_without_a_student_is_refused(api: APIClient, job: Job) -> None:
    answer = api.post(address(job), {"sentence": "a door", "row": 0}, format="json")
    assert answer.status_code == 400
    assert "left a student" in answer.json()["detail"]


def test_a_forgotten_question_is_not_found(api: APIClient, asked_job: Job) -> None:
    answer = api.get(f"{address(asked_job)}77/")
    assert answer.status_code == 404
    assert "more than a day old" in answer.json()["detail"]
