"""Asking a job's student about one video, and forgetting it after a day."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import partial
from pathlib import PurePath
from typing import IO, Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs import storable
from jobs.doorbell import ring
from jobs.models import Artifact, Blob, Job, Prediction, PredictionState, State, User
from jobs.operations.errors import UnableToPredict
from jobs.operations.intake_claims import QUEUE
from jobs.queries.samples import Sample, read_samples
from jobs.storage.blobs import StorageError, keep_file, staging, write_file
from jobs.storage.previews import sample_files
from mtkd_engine.data.vocabulary import has_words

STUDENT = "student.safetensors"
TASK = "grounding"
ENDINGS = (".npy", ".npz", ".h5", ".hdf5")
LARGEST_FEATURES = 32 * 2**20
LONGEST_SENTENCE = 500
MOST_WAITING = 20
KEPT = timedelta(days=1)
_LONGEST_NAME = 200
_LONGEST_SECONDS = 7 * 24 * 3600.0


def can_be_asked(job: Job) -> bool:
    """This will tell whether the job has left a student that can be asked: only those of grounding answer."""
    if job.elsewhere or job.state != State.SUCCEEDED or job.spec.get("task", TASK) != TASK:
        return False
    return bool(_student(job).exists())


def student_of(job: Job) -> Blob | None:
    """This will give the stored parameters of the job's student."""
    artifact = _student(job).select_related("blob").first()
    return None if artifact is None else artifact.blob


def ask_about_sample(*, job: Job, user: User, sentence: str, row: int) -> Prediction:
    """This will ask about the video of a sample of the job's dataset, named by its row over all splits.

    Raises UnableToPredict.
    """
    sentence = _checked(job, sentence)
    sample = sample_of(job, row=row)
    asked = {"row": sample.row, "video": sample.video, "duration": sample.duration}
    return _ask(job=job, user=user, sentence=sentence, asked=asked, features=None)


def ask_about_file(
    *,
    job: Job,
    user: User,
    sentence: str,
    file: IO[bytes],
    name: str,
    size: int,
    duration: float | None = None,
    fps: float | None = None,
    video: str = "",
) -> Prediction:
    """This will ask about feature rows that were handed in; give `duration` in seconds, or rows per second.

    Raises UnableToPredict.
    """
    sentence = _checked(job, sentence)
    name = PurePath(name.replace("\\", "/")).name
    asked: dict[str, Any] = {"file": storable.text(name), **_length(duration=duration, fps=fps)}
    if PurePath(name).suffix.lower() not in ENDINGS or len(name) > _LONGEST_NAME:
        raise _refused(
            "features", f"given {name[:80]!r}, accepted is a file that ends in {', '.join(ENDINGS)}."
        )
    if size > LARGEST_FEATURES:
        most = f"{LARGEST_FEATURES:,}"
        raise _refused("features", f"given {size:,} bytes, accepted are up to {most}.")
    if video:
        asked["video"] = storable.text(video)[:_LONGEST_NAME]
    try:
        with staging() as folder:
            write_file(file, folder / "features")
            blob = keep_file(folder / "features")
    except StorageError as error:
        raise _refused("features", f"it cannot be stored: {error}") from None
    return _ask(job=job, user=user, sentence=sentence, asked=asked, features=blob)


def sample_of(job: Job, *, row: int) -> Sample:
    """This will read the sample in a row of the job's dataset; raises UnableToPredict where there is none."""
    try:
        files = None if job.dataset is None else sample_files(job.dataset)
    except StorageError as error:
        raise _refused("row", f"the samples of the dataset cannot be read: {error}") from None
    if files is None:
        raise _refused("row", f"given {row}, but no samples are kept of the dataset of this job.")
    if row not in files.rows(""):
        raise _refused("row", f"given {row}, accepted is a row from 0 to {files.rows('').stop - 1}.")
    return read_samples(files, [row])[0]


def forget_predictions() -> int:
    """This will remove what was asked more than a day ago, and return how much that was."""
    old = Prediction.objects.filter(created_at__lt=Now() - KEPT)
    gone, _ = old.exclude(state=PredictionState.WORKING).delete()
    return gone


def _checked(job: Job, sentence: str) -> str:
    if not can_be_asked(job):
        raise _refused("", "Only a job of task grounding that has succeeded and left a student can be asked.")
    sentence = " ".join(sentence.split())
    if not has_words(sentence) or len(sentence) > LONGEST_SENTENCE or not sentence.isprintable():
        accepted = f"a sentence of up to {LONGEST_SENTENCE} characters with a word in it"
        raise _refused("sentence", f"given {sentence[:80]!r}, accepted is {accepted}.")
    return sentence


@transaction.atomic
def _ask(*, job: Job, user: User, sentence: str, asked: dict[str, Any], features: Blob | None) -> Prediction:
    open_ones = Q(state__in=(PredictionState.QUEUED, PredictionState.WORKING))
    waiting = Prediction.objects.filter(open_ones, job__project=job.project).count()
    if waiting >= MOST_WAITING:
        raise _refused(
            "", f"{waiting} questions of this project wait for their answers; ask again after them."
        )
    made = Prediction.objects.create(job=job, user=user, sentence=sentence, asked=asked, features=features)
    transaction.on_commit(partial(ring, QUEUE), robust=True)
    return made


def _length(*, duration: float | None, fps: float | None) -> dict[str, float]:
    given = {name: value for name, value in (("duration", duration), ("fps", fps)) if value is not None}
    if len(given) != 1:
        told = "both" if given else "neither"
        raise _refused(
            "duration",
            f"given {told} of duration (seconds) and fps (rows per second), accepted is one of them.",
        )
    for name, value in given.items():
        if not (math.isfinite(value) and 0 < value <= _LONGEST_SECONDS):
            raise _refused(
                name, f"given {value:g}, accepted is a number above 0, up to {_LONGEST_SECONDS:,.0f}."
            )
    return given


def _student(job: Job) -> Any:
    return Artifact.objects.filter(job=job, name=STUDENT)


def _refused(field: str, sentence: str) -> UnableToPredict:
    return UnableToPredict(f"{field}: {sentence}" if field else sentence, fields={field: sentence})
