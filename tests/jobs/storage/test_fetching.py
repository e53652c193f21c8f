from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from pytest_django import Settings

from jobs.models import Dataset, State, StoredFile, Teacher
from jobs.operations.claims import Claim
from jobs.storage.blobs import StorageError, keep_file, local_path
from jobs.storage.fetching import bound_cache, fetch_source, teacher_path
from jobs.storage.hashing import NoRoomError
from tests.jobs.conftest import MakeJob

pytestmark = pytest.mark.django_db
WEEK = 7 * 24 * 3600
Take = Callable[[], Claim]


class Cached(Protocol):
    def __call__(self, name: str, *, days: float) -> Path: ...


@pytest.fixture
def stored(dataset: Dataset, tmp_path: Path) -> Dataset:
    for name in ("samples.jsonl", "features.npz", "videos/v1.mp4", "plays.bin"):
        add(dataset, name, content=name.encode(), tmp_path=tmp_path)
    return dataset


def add(source: Dataset | Teacher, name: str, *, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    owner = {"dataset": source} if isinstance(source, Dataset) else {"teacher": source}
    StoredFile.objects.create(name=name, blob=keep_file(tmp_path / "file"), **owner)


def age(place: Path, seconds: float) -> None:
    """Make a folder or file look as if nobody had used it for a while."""
    for path in [*place.rglob("*"), place]:
        os.utime(path, (time.time() - seconds,) * 2)


@pytest.fixture
def cached(settings: Settings) -> Cached:
    """Puts a file of 1,000 bytes into the cache that was used some days ago."""

    def put(name: str, *, days: float) -> Path:
        path = Path(settings.MTKD_HOME) / "cache" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
        age(path.parent if "folds" in name else path, days * 24 * 3600)
        return path

    return put


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
    with pytest.raises(
        StorageError, match=r"The teacher span has none of model\.safetensors, predictions\.npz and"
    ):
        teacher_path(teacher)
    add(teacher, "predictions.npz", content=b"p", tmp_path=tmp_path)
    alone = teacher_path(teacher)
    assert alone.name == "predictions.npz"
    add(teacher, "model.safetensors", content=b"m", tmp_path=tmp_path)
    assert teacher_path(teacher).name == "model.safetensors"
    assert teacher_path(teacher).parent != alone.parent


def test_a_program_is_fetched_with_the_card_beside_it(teacher: Teacher, tmp_path: Path) -> None:
    add(teacher, "model.onnx", content=b"o", tmp_path=tmp_path)
    add(teacher, "model.json", content=b"{}", tmp_path=tmp_path)
    assert teacher_path(teacher).name == "model.onnx"
    assert teacher_path(teacher).with_suffix(".json").read_bytes() == b"{}"


def test_what_nobody_has_asked_for_in_a_week_goes(
    stored: Dataset, teacher: Teacher, make_job: MakeJob, take: Take
) -> None:
    needed, unused = fetch_source(stored), fetch_source(teacher)
    job = make_job()
    take().folder.mkdir(parents=True)
    bound_cache()
    assert unused.is_dir()
    age(needed, WEEK + 60)
    age(unused, WEEK + 60)
    bound_cache()
    assert needed.is_dir()
    assert not unused.exists()
    type(job).objects.update(state=State.SUCCEEDED)
    bound_cache()
    assert not needed.exists()


def test_what_an_active_job_of_another_host_uses_is_of_no_use_here(
    stored: Dataset, make_job: MakeJob, take: Take
) -> None:
    make_job()
    take()  # its folder lies elsewhere
    fetched = fetch_source(stored)
    age(fetched, WEEK + 60)
    bound_cache()
    assert not fetched.exists()


def test_the_cache_stays_within_its_bounds_and_what_was_used_longest_ago_goes_first(
    settings: Settings, cached: Cached
) -> None:
    oldest, older = cached("beliefs/a.safetensors", days=3), cached("folds/k/copy-0.safetensors", days=2)
    young = cached("blobs/b", days=1)
    settings.CACHE_BYTES = 2500
    bound_cache()
    assert not oldest.exists()
    assert older.exists()
    assert young.exists()
    settings.CACHE_BYTES = 1500
    bound_cache()
    assert not older.parent.exists()
    assert young.exists()


def test_what_is_about_to_be_used_stays_whatever_the_bound(settings: Settings, cached: Cached) -> None:
    fresh = cached("beliefs/a.safetensors", days=0)
    settings.CACHE_BYTES = 10
    bound_cache()
    assert fresh.exists()


def test_while_an_engine_runs_here_what_engines_used_of_late_stays(
    settings: Settings, cached: Cached, make_job: MakeJob, take: Take
) -> None:
    job = make_job()
    take().folder.mkdir(parents=True)
    recent, old = cached("beliefs/a.safetensors", days=0.5), cached("beliefs/b.safetensors", days=3)
    settings.CACHE_BYTES = 10
    bound_cache()
    assert recent.exists()
    assert not old.exists()
    type(job).objects.update(state=State.FAILED)
    bound_cache()
    assert not recent.exists()


def test_room_is_made_before_a_fetch(
    stored: Dataset, settings: Settings, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.storage.fetching._becomes_a_link", lambda _blob: False)
    unused = cached("beliefs/a.safetensors", days=3)
    settings.CACHE_BYTES = 1010
    fetch_source(stored)
    assert not unused.exists()


def test_a_disk_without_room_for_a_dataset_is_told_before_anything_is_fetched(
    stored: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.storage.fetching._becomes_a_link", lambda _blob: False)
    monkeypatch.setattr("jobs.storage.cache._free", lambda: 5)
    with pytest.raises(NoRoomError, match="have to be fetched"):
        fetch_source(stored)
