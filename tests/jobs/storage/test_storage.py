from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.models import Blob
from jobs.storage.blobs import StorageError, fetch, keep_file, local_path, open_blob

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    return path


def spoil(blob: Blob, content: bytes) -> Path:
    stored = local_path(blob)
    assert stored is not None
    stored.unlink()
    stored.write_bytes(content)
    return stored


def test_a_file_is_stored_whole_or_not_at_all(source: Path, settings: Settings) -> None:
    with pytest.raises(StorageError, match="has changed"):
        keep_file(source, sha256="0" * 64)
    assert not Blob.objects.exists()
    assert not Path(settings.STORAGE).exists()
    blob = keep_file(source, sha256=hashlib.sha256(b"abc").hexdigest())
    with open_blob(blob) as file:
        assert file.read() == b"abc"
    assert not list((Path(settings.STORAGE) / ".staging").iterdir())
    stored = local_path(blob)
    assert stored is not None
    assert stored.stat().st_mode & 0o222 == 0


def test_keeping_a_content_again_changes_nothing_but_the_time(source: Path) -> None:
    first = keep_file(source)
    place = local_path(first)
    assert place is not None
    before = place.stat()
    again = keep_file(source)
    assert again.pk == first.pk
    assert Blob.objects.get().touched_at > first.touched_at
    assert place.stat().st_mtime_ns == before.st_mtime_ns


def test_keeping_a_content_again_heals_what_the_disk_has_spoilt(source: Path) -> None:
    blob = keep_file(source)
    spoil(blob, b"abd")
    keep_file(source)
    with open_blob(blob) as file:
        assert file.read() == b"abc"


def test_what_is_read_is_verified(source: Path, tmp_path: Path) -> None:
    blob = keep_file(source)
    stored = spoil(blob, b"abd")
    with pytest.raises(StorageError, match="The film was changed after it was stored"):
        open_blob(blob, what="The film")
    with pytest.raises(StorageError, match=r"copy\.bin was changed"):
        fetch(blob, tmp_path / "copy.bin")
    stored.unlink()
    with pytest.raises(StorageError, match="The film is no longer in the storage"):
        open_blob(blob, what="The film")
    with pytest.raises(StorageError, match=r"copy\.bin is no longer in the storage"):
        fetch(blob, tmp_path / "copy.bin")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "home"]


def test_a_local_copy_costs_no_room(source: Path, tmp_path: Path) -> None:
    blob = keep_file(source)
    (tmp_path / "copy.bin").write_text("of yesterday")
    fetch(blob, tmp_path / "copy.bin")
    stored = local_path(blob)
    assert stored is not None
    assert os.path.samefile(tmp_path / "copy.bin", stored)


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"^gone\.bin is gone\.$"):
        keep_file(tmp_path / "gone.bin")
