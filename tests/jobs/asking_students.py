"""What tests of questions to students share: a job with a student, and a fake engine that answers."""

from __future__ import annotations

import sys
from pathlib import Path

from jobs.models import Artifact, Attempt, Dataset, Job, Project, State, User
from jobs.storage.blobs import keep_file
from mtkd_engine.spec import parse, spec_hash
from tests.sealed_double import keep_sealed, sample_row, write_sealed

FAKE_PREDICT = [sys.executable, str(Path(__file__).with_name("fake_predict.py"))]
ROWS = [sample_row(number) for number in range(6)] + [sample_row(6, split="test", video="-v", duration=9.0)]
SPEC = {"name": "moments", "data": {"dataset": "sealed"}}


def a_sealed_dataset(project: Project, folder: Path) -> Dataset:
    """A dataset of seven samples whose features say what they are."""
    write_sealed(folder, ROWS)
    (folder / "features.npz").write_bytes(b"features of the dataset")
    return keep_sealed(project, folder, ROWS)


def a_finished_job(project: Project, *, user: User, dataset: Dataset | None, folder: Path) -> Job:
    """A job that has succeeded and left a student that says what it is."""
    spec = parse(SPEC)
    job = Job.objects.create(
        project=project,
        name="moments",
        spec=spec.model_dump(mode="json"),
        spec_hash=spec_hash(spec),
        dataset=dataset,
        submitted_by=user,
        state=State.SUCCEEDED,
    )
    file = folder / "student.safetensors"
    file.write_text("the student")
    Artifact.objects.create(
        job=job,
        attempt=Attempt.objects.create(job=job, number=1, fence=1, worker="double@test"),
        name=file.name,
        media_type="application/octet-stream",
        size=file.stat().st_size,
        blob=keep_file(file),
    )
    return job
