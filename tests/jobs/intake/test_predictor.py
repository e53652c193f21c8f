"""How a worker has a student answer, and what each end leaves behind."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs import stopping, tasks
from jobs.intake import predictor
from jobs.models import Artifact, Blob, Job, Prediction, PredictionState, Project, User
from jobs.operations.prediction_claims import claim_prediction, folder_of
from jobs.operations.predictions import ask_about_file, ask_about_sample
from jobs.storage.blobs import local_path
from tests.jobs.asking_students import FAKE_PREDICT, a_finished_job, a_sealed_dataset

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _engine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENGINE_COMMAND = FAKE_PREDICT
    monkeypatch.setattr("jobs.operations.predictions.ring", lambda queue: None)
    monkeypatch.setattr("jobs.operations.prediction_claims.ring", lambda queue: None)


@pytest.fixture
def job(project: Project, user: User, tmp_path: Path) -> Job:
    dataset = a_sealed_dataset(project, tmp_path / "sealed")
    return a_finished_job(project, user=user, dataset=dataset, folder=tmp_path)


def asked(job: Job, sentence: str = "a door opens", *, row: int = 6) -> Prediction:
    """A question about a sample."""
    assert job.submitted_by is not None
    return ask_about_sample(job=job, user=job.submitted_by, sentence=sentence, row=row)


def asked_about_file(job: Job, **given: Any) -> Prediction:
    """A question about a file."""
    assert job.submitted_by is not None
    body = b"features of my own"
    known: dict[str, Any] = {"sentence": "a door opens", "name": "My film.NPY", "fps": 2.0} | given
    return ask_about_file(job=job, user=job.submitted_by, file=io.BytesIO(body), size=len(body), **known)


def carried_out(prediction: Prediction) -> Prediction:
    """This will carry the next question out in this process, and read the row again."""
    claim = claim_prediction(worker="here")
    assert claim is not None
    predictor.predict(claim)
    prediction.refresh_from_db()
    assert not folder_of(prediction.pk).exists()
    return prediction


def test_a_question_about_a_sample_is_answered_from_the_features_of_the_dataset(job: Job) -> None:
    done = carried_out(asked(job, "--open the door"))
    assert (done.state, done.error) == (PredictionState.ANSWERED, "")
    assert done.answer is not None
    assert done.answer["student"] == "the student"
    assert done.answer["features"] == "features of the dataset"
    given = done.answer["given"]
    assert (given["query"], given["video"], given["duration"]) == ("--open the door", "-v", "9.0")
    assert done.answer["answers"][0]["windows"][0] == {"start": 1.0, "end": 3.5, "score": 0.6}


def test_a_question_about_a_file_is_answered_from_that_file(job: Job) -> None:
    done = carried_out(asked_about_file(job))
    assert done.answer is not None
    assert done.answer["features"] == "features of my own"
    given = done.answer["given"]
    assert (given["fps"], given["duration"], given["video"]) == ("2.0", "None", "None")
    assert given["features"].endswith("/My_film.npy")


def test_the_engine_gets_a_thin_environment(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    done = carried_out(asked(job))
    assert done.answer is not None
    assert "AWS_SECRET_ACCESS_KEY" not in done.answer["environment"]


def test_what_the_engine_refuses_is_told_without_the_place_of_its_files(job: Job) -> None:
    done = carried_out(asked_about_file(job, sentence="refuse this"))
    assert (done.state, done.error) == (PredictionState.REFUSED, "features: My_film.npy is no good.")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [("crash now", "exit code 1"), ("mute now", "The engine ended without a result.")],
)
def test_an_engine_that_breaks_fails_the_question(job: Job, sentence: str, said: str) -> None:
    done = carried_out(asked(job, sentence))
    assert done.state == PredictionState.FAILED
    assert said in done.error


def test_an_engine_that_takes_too_long_is_ended(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "LONGEST_SECONDS", 0.5)
    done = carried_out(asked(job, "sleep well"))
    assert done.state == PredictionState.REFUSED
    assert done.error.startswith("The prediction took longer than 0.5 s")


def test_an_engine_that_takes_too_much_memory_is_ended(job: Job, settings: Settings) -> None:
    settings.CHECK_MEMORY = 200_000_000
    done = carried_out(asked(job, "eat all"))
    assert done.state == PredictionState.REFUSED
    assert done.error.startswith("The prediction needed more than 0.2 GB of memory")


def test_a_worker_that_stops_leaves_the_question_to_another(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    monkeypatch.setattr(stopping, "is_announced", lambda: time.monotonic() - began > 0.5)
    left = carried_out(asked(job, "sleep well"))
    assert (left.state, left.attempts_lost) == (PredictionState.QUEUED, 0)


def test_a_student_or_a_dataset_that_is_gone_is_told(job: Job) -> None:
    question, other = asked(job), asked(job)
    Artifact.objects.filter(job=job).delete()
    assert carried_out(question).error == "The student of this job was deleted meanwhile."
    assert carried_out(other).state == PredictionState.REFUSED


def test_a_dataset_without_features_is_told(job: Job) -> None:
    assert job.dataset is not None
    question = asked(job)
    job.dataset.files.filter(name="features.npz").delete()
    assert "has no features" in carried_out(question).error


def test_bytes_that_were_changed_fail_the_question(job: Job) -> None:
    question = asked_about_file(job)
    blob = Blob.objects.get(predictions=question)
    path = local_path(blob)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"something else")
    done = carried_out(question)
    assert done.state == PredictionState.FAILED
    assert "changed" in done.error


def test_a_worker_of_intake_answers_questions_before_it_checks_anything(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.QUEUES = ["intake"]
    seen: list[str] = []
    monkeypatch.setattr(tasks, "_take_registration", lambda name: bool(seen.append("registration")))
    question = asked(job)
    assert tasks.work("intake") == 1
    question.refresh_from_db()
    assert question.state == PredictionState.ANSWERED
    assert seen == ["registration"]


def test_what_killed_workers_left_is_swept(job: Job) -> None:
    kept = asked(job)
    assert claim_prediction(worker="here") is not None
    for number in (kept.pk, kept.pk + 1):
        (folder_of(number) / "given").mkdir(parents=True)
    predictor.sweep()
    assert folder_of(kept.pk).is_dir()
    assert not folder_of(kept.pk + 1).exists()
