from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.models import Dataset, State, StoredFile, Teacher
from jobs.storage.blobs import StorageError, keep_file, local_path
from jobs.storage.fetching import fetch_source, remove_stale_sources, teacher_path
from tests.jobs.conftest import MakeJob

pytestmark = pytest.mark.django_db
WEEK = 7 * 24 * 3600


@pytest.fixture
def stored(dataset: Dataset, tmp_path: Path) -> Dataset:
    for name in ("samples.jsonl", "features.npz", "videos/v1.mp4"):
        add(dataset, name, content=name.encode(), tmp_path=tmp_path)
    return dataset


def add(source: Dataset | Teacher, name: str, *, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    owner = {"dataset": source} if isinstance(source, Dataset) else {"teacher": source}
    StoredFile.objects.create(name=name, blob=keep_file(tmp_path / "file"), **owner)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_dataset_is_fetched_without_its_videos(stored: Dataset, settings: Settings) -> None:
    folder = fetch_source(stored)
    assert folder.is_relative_to(Path(settings.MTKD_HOME) / "cache" / "sources")
    assert folder.name.startswith(f"dataset-{stored.content_hash}-")
    assert names(folder) == ["features.npz", "samples.jsonl"]
    assert (folder / "features.npz").read_bytes() == b"features.npz"


def test_what_was_spoilt_on_this_host_is_fetched_again(stored: Dataset) -> None:
    file = fetch_source(stored) / "features.npz"
    file.unlink()
    file.write_bytes(b"spoilt")
    fetch_source(stored)
    assert file.read_bytes() == b"features.npz"


def test_what_was_spoilt_in_the_storage_is_refused(stored: Dataset) -> None:
    place = local_path(stored.files.get(name="features.npz").blob)
    assert place is not None
    place.unlink()
    place.write_bytes(b"spoilt")
    with pytest.raises(StorageError, match=r"features\.npz was changed after it was stored"):
        fetch_source(stored)


def test_a_teacher_is_the_file_that_the_engine_takes(teacher: Teacher, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"The teacher span has neither model\.safetensors nor"):
        teacher_path(teacher)
    add(teacher, "predictions.npz", content=b"p", tmp_path=tmp_path)
    alone = teacher_path(teacher)
    assert alone.name == "predictions.npz"
    add(teacher, "model.safetensors", content=b"m", tmp_path=tmp_path)
    assert teacher_path(teacher).name == "model.safetensors"
    assert teacher_path(teacher).parent != alone.parent


def test_what_nobody_has_asked_for_in_a_week_goes(
    stored: Dataset, teacher: Teacher, make_job: MakeJob
) -> None:
    needed, unused = fetch_source(stored), fetch_source(teacher)
    job = make_job()
    type(job).objects.update(state=State.RUNNING)
    remove_stale_sources()
    assert unused.is_dir()
    for folder in (needed, unused):
        os.utime(folder, (time.time() - WEEK - 60,) * 2)
    remove_stale_sources()
    assert needed.is_dir()
    assert not unused.exists()
    type(job).objects.update(state=State.SUCCEEDED)
    remove_stale_sources()
    assert not needed.exists()
