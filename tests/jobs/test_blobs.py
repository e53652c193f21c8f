"""Contents that nothing refers to go, a day later and never while somebody stores them again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.models import Blob, Dataset, StoredFile
from jobs.operations.blobs import remove_garbage
from jobs.storage.blobs import keep_file, local_path, open_blob


@pytest.fixture
def old(tmp_path: Path) -> Callable[[bytes], Blob]:
    """Stores a content two days ago."""

    def store(content: bytes) -> Blob:
        (tmp_path / "file").write_bytes(content)
        blob = keep_file(tmp_path / "file")
        blob.touched_at = timezone.now() - timedelta(days=2)
        blob.save()
        return blob

    return store


def lies(blob: Blob) -> bool:
    path = local_path(blob)
    return path is not None and path.exists()


@pytest.mark.django_db
def test_only_old_contents_without_a_use_are_garbage(
    old: Callable[[bytes], Blob], dataset: Dataset, tmp_path: Path
) -> None:
    garbage, used, again = old(b"garbage"), old(b"used"), old(b"again")
    StoredFile.objects.create(dataset=dataset, name="used", blob=used)
    keep_file(tmp_path / "file")
    assert remove_garbage() == 1
    assert [lies(blob) for blob in (garbage, used, again)] == [False, True, True]
    assert set(Blob.objects.all()) == {used, again}
    dataset.delete()
    assert remove_garbage() == 1
    assert not lies(used)


@pytest.mark.django_db
def test_bytes_that_are_gone_already_do_not_stop_the_rest(old: Callable[[bytes], Blob]) -> None:
    first, second = old(b"first"), old(b"second")
    path = local_path(first)
    assert path is not None
    path.unlink()
    assert remove_garbage() == 2
    assert not lies(second)


@pytest.mark.django_db(transaction=True)
def test_storing_a_content_while_it_is_removed_waits_and_stores_it_anew(
    old: Callable[[bytes], Blob],
    tmp_path: Path,
    meanwhile: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blob = old(b"content")
    removing, begun, stored = threading.Event(), threading.Event(), threading.Event()

    def store() -> None:
        assert removing.wait(10)
        begun.set()
        keep_file(tmp_path / "file")
        stored.set()

    def remove(sha256: str) -> None:
        removing.set()
        assert begun.wait(10)
        path = local_path(blob)
        assert path is not None
        path.unlink()

    monkeypatch.setattr("jobs.operations.blobs.remove_blob", remove)
    meanwhile(store)
    assert remove_garbage() == 1
    assert stored.wait(10)
    with transaction.atomic(), open_blob(Blob.objects.get()) as file:
        assert file.read() == b"content"
