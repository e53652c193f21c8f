"""Datasets and teachers are taken in whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jobs.models import Artifact, Attempt, Dataset, Job, Project, State, Teacher, User
from jobs.operations import intake
from jobs.operations.access import create_project
from jobs.operations.datasets import register_dataset
from jobs.operations.errors import UnableToPromote, UnableToRegister
from jobs.operations.teachers import promote, register_teacher
from jobs.storage import path_of, put_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "world"
    folder.mkdir(parents=True)
    for split in ("train", "val", "test"):
        entry = {"duration": 10.0, "timestamps": [[1.0, 4.0]], "sentences": ["the square moves"]}
        (folder / f"{split}.json").write_text(json.dumps({f"{split}-1": entry}))
    features = {f"{split}-1": np.ones((5, 3), np.float32) for split in ("train", "val", "test")}
    np.savez(folder / "features.npz", **features)  # type: ignore[arg-type]
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "data" / "span.safetensors"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"parameters")
    return file


@pytest.fixture
def _the_engine_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    def report(kind: str, path: Path) -> dict[str, Any]:
        assert kind == "teacher"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"task": "grounding", "content_hash": digest, "card": {"feature_width": 3}, "parameters": 10}

    monkeypatch.setattr(intake, "inspect", report)


@pytest.fixture
def _the_real_check(settings: Settings) -> None:
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]


def stored(settings: Settings) -> list[str]:
    root = Path(settings.STORAGE)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.usefixtures("_the_real_check")
def test_a_dataset_is_copied_and_reported_on(
    project: Project, user: User, world: Path, settings: Settings
) -> None:
    (world / "notes.txt").write_text("not part of it")
    dataset = register_dataset(project=project, user=user, name=" tiny ", path=str(world))
    assert (dataset.name, dataset.task, dataset.report["feature_width"]) == ("tiny", "grounding", 3)
    shutil.rmtree(world)
    names = {path.name for path in path_of(dataset.storage_key).iterdir()}
    assert names == {"train.json", "val.json", "test.json", "features.npz"}
    assert all(name.startswith("datasets/") for name in stored(settings))


@pytest.mark.usefixtures("_the_real_check")
def test_the_same_content_is_taken_in_once_per_project(
    project: Project, user: User, world: Path, settings: Settings
) -> None:
    register_dataset(project=project, user=user, name="tiny", path=str(world))
    before = stored(settings)
    with pytest.raises(UnableToRegister, match="already registered as 'tiny'"):
        register_dataset(project=project, user=user, name="again", path=str(world))
    with pytest.raises(UnableToRegister, match="of that name already"):
        register_dataset(project=project, user=user, name="tiny", path=str(world))
    other = create_project(name="Other", user=user)
    assert register_dataset(project=other, user=user, name="tiny", path=str(world)).pk
    assert stored(settings) == before


@pytest.mark.usefixtures("_the_real_check")
def test_a_dataset_with_a_fault_is_refused_by_the_engine_and_leaves_nothing(
    project: Project, user: User, world: Path, settings: Settings
) -> None:
    broken = {f"{split}-1": np.full((5, 3), np.nan) for split in ("train", "val", "test")}
    np.savez(world / "features.npz", **broken)  # type: ignore[arg-type]
    with pytest.raises(UnableToRegister) as refusal:
        register_dataset(project=project, user=user, name="tiny", path=str(world))
    assert "features.npz" in refusal.value.fields["path"]
    assert str(settings.STORAGE) not in refusal.value.message
    assert not Dataset.objects.exists()
    assert stored(settings) == []


@pytest.mark.parametrize("path", ["", "relative", "/etc", "/work/../etc", "\x00", "~nobody-there/x"])
def test_paths_outside_the_data_roots_are_refused(project: Project, user: User, path: str) -> None:
    with pytest.raises(UnableToRegister, match="accepted is an absolute path inside") as refusal:
        register_dataset(project=project, user=user, name="x", path=path)
    assert list(refusal.value.fields) == ["path"]


def test_links_that_lead_out_of_the_data_roots_are_refused(
    project: Project, user: User, world: Path, tmp_path: Path
) -> None:
    (tmp_path / "data" / "link").symlink_to("/etc")
    with pytest.raises(UnableToRegister, match="accepted is"):
        register_dataset(project=project, user=user, name="x", path=str(tmp_path / "data" / "link"))
    secret = tmp_path / "secret.json"
    (world / "train.json").rename(secret)
    (world / "train.json").symlink_to(secret)
    with pytest.raises(UnableToRegister):
        register_dataset(project=project, user=user, name="x", path=str(world))


def test_what_is_not_there_is_refused(project: Project, user: User, world: Path) -> None:
    with pytest.raises(UnableToRegister, match="nothing lies there"):
        register_dataset(project=project, user=user, name="x", path=str(world / "no"))
    with pytest.raises(UnableToRegister, match=r"a \.safetensors file"):
        register_teacher(project=project, user=user, name="x", path=str(world))


@pytest.mark.usefixtures("_the_engine_accepts")
def test_a_teacher_is_copied_together_with_the_card_beside_it(
    project: Project, user: User, model: Path
) -> None:
    model.with_suffix(".json").write_text("{}")
    teacher = register_teacher(project=project, user=user, name="span", path=str(model))
    model.unlink()
    kept = path_of(teacher.storage_key)
    assert kept.read_bytes() == b"parameters"
    assert kept.with_suffix(".json").read_text() == "{}"
    assert teacher.report["parameters"] == 10


@pytest.mark.usefixtures("_the_engine_accepts")
def test_a_row_that_cannot_be_written_leaves_no_bytes(
    project: Project, user: User, model: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk of the database is full")

    monkeypatch.setattr(Teacher, "save", fail)
    with pytest.raises(RuntimeError):
        register_teacher(project=project, user=user, name="span", path=str(model))
    assert stored(settings) == []


@pytest.mark.slow
@pytest.mark.usefixtures("_the_real_check")
def test_a_pickle_in_place_of_a_model_is_refused_in_one_sentence(
    project: Project, user: User, model: Path, settings: Settings
) -> None:
    with pytest.raises(UnableToRegister, match=r"span\.safetensors is not a complete \.safetensors file"):
        register_teacher(project=project, user=user, name="span", path=str(model))
    assert stored(settings) == []


def finished_job(make_job: Any, tmp_path: Path) -> Job:
    job: Job = make_job(state=State.SUCCEEDED)
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    file = tmp_path / "student.safetensors"
    file.write_bytes(b"student")
    digest = hashlib.sha256(b"student").hexdigest()
    put_file(file, key="artifacts/1/student.safetensors", sha256=digest)
    Artifact.objects.create(
        job=job,
        attempt=attempt,
        name=file.name,
        storage_key="artifacts/1/student.safetensors",
        sha256=digest,
        size=7,
        media_type="application/octet-stream",
    )
    return job


@pytest.mark.usefixtures("_the_engine_accepts")
def test_the_student_of_a_finished_job_becomes_a_teacher(make_job: Any, user: User, tmp_path: Path) -> None:
    job = finished_job(make_job, tmp_path)
    teacher = promote(job=job, user=user, name="graduate")
    assert (teacher.from_job, teacher.project) == (job, job.project)
    assert path_of(teacher.storage_key).read_bytes() == b"student"
    with pytest.raises(UnableToPromote, match="already registered as 'graduate'"):
        promote(job=job, user=user, name="twice")


@pytest.mark.usefixtures("_the_engine_accepts")
def test_only_an_intact_student_of_a_succeeded_job_is_promoted(
    make_job: Any, user: User, tmp_path: Path
) -> None:
    with pytest.raises(UnableToPromote, match="is queued; only a succeeded job"):
        promote(job=make_job(), user=user, name="graduate")
    job = finished_job(make_job, tmp_path)
    path_of("artifacts/1/student.safetensors").write_bytes(b"forged!")
    with pytest.raises(UnableToPromote, match="was changed after it was published"):
        promote(job=job, user=user, name="graduate")


@pytest.mark.usefixtures("_the_real_check")
def test_the_command_registers_and_refuses_in_one_sentence(project: Project, user: User, world: Path) -> None:
    out = io.StringIO()
    options = {"project": project.slug, "user": user.username, "stdout": out, "stderr": io.StringIO()}
    call_command("register", "dataset", "tiny", str(world), **options)
    assert out.getvalue().startswith("Registered dataset 'tiny'")
    with pytest.raises(CommandError, match="of that name already"):
        call_command("register", "dataset", "tiny", str(world), **options)
    with pytest.raises(CommandError, match="no project 'none'"):
        call_command("register", "dataset", "tiny", str(world), project="none")


@pytest.mark.usefixtures("_the_real_check")
def test_the_command_takes_a_path_relative_to_where_one_stands(
    project: Project, user: User, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.chdir(world.parent)
    call_command(
        "register", "dataset", "near", world.name, project=project.slug, user=user.username, stdout=out
    )
    assert out.getvalue().startswith("Registered dataset 'near'")
