"""Asking a student: what is taken on, what is refused, and how long it is kept."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Artifact, Blob, Job, Prediction, PredictionState, Project, State, User
from jobs.operations import prediction_claims as claims
from jobs.operations import predictions
from jobs.operations.blobs import remove_garbage
from jobs.operations.claims import FencedOutError
from jobs.operations.errors import UnableToPredict
from jobs.operations.predictions import (
    ask_about_file,
    ask_about_sample,
    can_be_asked,
    forget_predictions,
)
from tests.jobs.asking_students import a_finished_job, a_sealed_dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(predictions, "ring", rung.append)
    monkeypatch.setattr(claims, "ring", rung.append)
    return rung


@pytest.fixture
def job(project: Project, user: User, tmp_path: Path, rings: list[str]) -> Job:
    dataset = a_sealed_dataset(project, tmp_path / "sealed")
    return a_finished_job(project, user=user, dataset=dataset, folder=tmp_path)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "database_has_been_up_for_a_lease", lambda: True)


def with_file(job: Job, user: User, **given: Any) -> Prediction:
    """This will ask about a file, as `given` changes it."""
    body = given.pop("body", b"rows")
    asked = {"sentence": "a door opens", "name": "film.npy", "size": len(body), "duration": 9.0} | given
    return ask_about_file(job=job, user=user, file=io.BytesIO(body), **asked)


def test_a_question_about_a_sample_waits_for_a_worker(
    job: Job, user: User, rings: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = ask_about_sample(job=job, user=user, sentence="  a door \n opens ", row=6)
    made.refresh_from_db()
    assert (made.sentence, made.state, made.user) == ("a door opens", PredictionState.QUEUED, user)
    assert made.asked == {"row": 6, "video": "-v", "duration": 9.0}
    assert made.features is None
    assert rings == ["intake"]


def test_a_question_about_a_file_keeps_its_bytes(job: Job, user: User) -> None:
    made = with_file(job, user, name="..\\videos/film.NPZ", fps=2.0, duration=None, video="one")
    assert made.asked == {"file": "film.NPZ", "fps": 2.0, "video": "one"}
    assert made.features is not None
    assert made.features.size == 4


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": "film.zip"}, "features", "accepted is a file that ends in .npy, .npz"),
        ({"size": 2**25 + 1}, "features", "given 33,554,433 bytes, accepted are up to 33,554,432"),
        ({"duration": None}, "duration", "given neither of duration"),
        ({"fps": 1.0}, "duration", "given both of duration"),
        ({"duration": -1.0}, "duration", "given -1, accepted is a number above 0"),
        ({"duration": float("nan")}, "duration", "given nan"),
        ({"duration": None, "fps": float("inf")}, "fps", "given inf"),
        ({"sentence": " ?! "}, "sentence", "accepted is a sentence"),
        ({"sentence": "word " * 200}, "sentence", "up to 500 characters"),
        ({"sentence": "a \x00 door"}, "sentence", "accepted is a sentence"),
    ],
)
def test_what_is_no_question_is_refused_at_its_field(
    job: Job, user: User, given: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(UnableToPredict) as caught:
        with_file(job, user, **given)
    assert said in caught.value.fields[field]
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("row", [-1, 7])
def test_a_row_that_the_dataset_has_not_is_refused(job: Job, user: User, row: int) -> None:
    with pytest.raises(UnableToPredict, match=f"row: given {row}, accepted is a row from 0 to 6"):
        ask_about_sample(job=job, user=user, sentence="a door opens", row=row)


def test_only_a_student_that_is_there_can_be_asked(job: Job, user: User) -> None:
    assert can_be_asked(job)
    for changes in ({"state": State.FAILED}, {"state": State.RUNNING}, {"elsewhere": True}):
        other = Job(pk=job.pk, project=job.project, **({"state": State.SUCCEEDED} | changes))
        assert not can_be_asked(other), changes
    Artifact.objects.filter(job=job).delete()
    with pytest.raises(UnableToPredict, match="left a student"):
        with_file(job, user)


def test_a_project_may_not_fill_the_queue(job: Job, user: User) -> None:
    for _ in range(predictions.MOST_WAITING):
        ask_about_sample(job=job, user=user, sentence="a door opens", row=0)
    with pytest.raises(UnableToPredict, match="20 questions of this project wait"):
        ask_about_sample(job=job, user=user, sentence="a door opens", row=0)
    Prediction.objects.update(state=PredictionState.ANSWERED)
    ask_about_sample(job=job, user=user, sentence="a door opens", row=0)


def test_the_oldest_question_is_taken_first_and_only_once(job: Job, user: User) -> None:
    made = [ask_about_sample(job=job, user=user, sentence="a door opens", row=row) for row in (0, 1)]
    taken = [claims.claim_prediction(worker="here") for _ in range(3)]
    assert [one and one.prediction_id for one in taken] == [made[0].pk, made[1].pk, None]
    assert [row.worker for row in Prediction.objects.all()] == ["here", "here"]


def test_whoever_lost_a_question_writes_nothing(job: Job, user: User, steady: None) -> None:
    made = with_file(job, user)
    late = claims.claim_prediction(worker="slow")
    assert late is not None
    Prediction.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.reap_predictions() == 1
    held = claims.claim_prediction(worker="quick")
    assert held is not None
    for ending in (
        lambda: claims.answer(claim=late, found={}),
        lambda: claims.refuse(claim=late, sentence="no"),
        lambda: claims.hand_back(claim=late),
    ):
        with pytest.raises(FencedOutError):
            ending()
    claims.answer(claim=held, found={"answers": [], "bad": "\x00"})
    made.refresh_from_db()
    assert (made.state, made.worker, made.attempts_lost) == (PredictionState.ANSWERED, "quick", 1)
    assert made.finished_at is not None


def test_the_third_worker_that_is_lost_ends_a_question(job: Job, user: User, steady: None) -> None:
    made = with_file(job, user)
    for _ in range(3):
        assert claims.claim_prediction(worker="gone") is not None
        assert claims.reap_predictions() == 0
        Prediction.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert claims.reap_predictions() == 1
    made.refresh_from_db()
    assert made.state == PredictionState.FAILED
    assert made.error == "The worker that had it was lost 3 times, the last time gone."
    assert claims.claim_prediction(worker="here") is None


def test_a_day_later_question_and_file_are_forgotten(job: Job, user: User) -> None:
    made = with_file(job, user)
    fresh = ask_about_sample(job=job, user=user, sentence="a door opens", row=0)
    assert made.features is not None
    blob = made.features.pk
    Blob.objects.filter(pk=blob).update(touched_at=timezone.now() - timedelta(days=2))
    assert remove_garbage() == 0
    Prediction.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_predictions() == 1
    assert list(Prediction.objects.all()) == [fresh]
    assert remove_garbage() == 1
    assert not Blob.objects.filter(pk=blob).exists()


def test_a_question_goes_with_its_job(job: Job, user: User) -> None:
    with_file(job, user)
    job.delete()
    assert not Prediction.objects.exists()
