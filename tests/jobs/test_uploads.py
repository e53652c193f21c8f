from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.models import Dataset, Project, Registration, RegistrationState, StoredFile, Upload, User
from jobs.operations.errors import UnableToUpload
from jobs.operations.quota import used_bytes
from jobs.operations.uploads import (
    abort_upload,
    add_part,
    assemble,
    begin_upload,
    remove_stale_uploads,
)
from jobs.storage.blobs import keep_file, put_part, uploads_with_parts
from jobs.storage.hashing import Checksum

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 40
Begin = Callable[..., Upload]


@pytest.fixture
def begin(project: Project, user: User) -> Begin:
    def begin(**changes: Any) -> Upload:
        given = {"name": "features.npz", "size": len(CONTENT)} | changes
        return begin_upload(project=project, user=user, **given)

    return begin


def send(upload: Upload, content: bytes, *, offset: int, **changes: Any) -> Upload:
    given = {"length": len(content)} | changes
    return add_part(upload=upload, offset=offset, stream=io.BytesIO(content), **given)


def age(upload: Upload, *, hours: float) -> None:
    before = timezone.now() - timedelta(hours=hours)
    Upload.objects.filter(pk=upload.pk).update(touched_at=before)


def test_parts_make_the_whole(begin: Begin, tmp_path: Path) -> None:
    upload = begin(sha256=hashlib.sha256(CONTENT).hexdigest().upper())
    for offset in range(0, len(CONTENT), 1000):
        assert not upload.is_complete
        upload = send(upload, CONTENT[offset : offset + 1000], offset=offset)
    assert upload.is_complete
    assemble(upload, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == CONTENT


def test_an_empty_file_is_complete_at_once(begin: Begin, tmp_path: Path) -> None:
    assemble(begin(size=0), tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b""


def test_what_broke_off_goes_on_in_another_process(
    begin: Begin, process_environment: dict[str, str], tmp_path: Path, settings: Settings
) -> None:
    upload = begin()
    for offset in (0, 3000):
        send(upload, CONTENT[offset : offset + 3000], offset=offset)
    with pytest.raises(UnableToUpload, match="6,000 of 10,240 bytes"):
        assemble(upload, tmp_path / "whole")
    # The process was killed when this part was stored, but not counted yet.
    put_part(upload.pk, offset=6000, stream=io.BytesIO(b"x" * 5000), length=5000)
    script = """
import io, sys, django
django.setup()
from django.conf import settings
settings.STORAGE = sys.argv[1]
from jobs.models import Upload
from jobs.operations.uploads import add_part
row = Upload.objects.get()
rest = (bytes(range(256)) * 40)[row.received:]
add_part(upload=row, offset=row.received, stream=io.BytesIO(rest), length=len(rest))
"""
    command = [sys.executable, "-c", script, str(settings.STORAGE)]
    subprocess.run(command, env=process_environment, cwd=settings.BASE_DIR, check=True)
    assemble(upload, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert [part[:2] for part in Upload.objects.get().parts] == [[0, 3000], [3000, 3000], [6000, 4240]]


def test_a_part_in_the_wrong_place_is_told_the_right_one(begin: Begin) -> None:
    upload = send(begin(), CONTENT[:1000], offset=0)
    for offset in (0, 999, 1001):
        with pytest.raises(UnableToUpload, match="goes on at byte 1,000") as refusal:
            send(upload, b"x", offset=offset)
        assert (refusal.value.cause, refusal.value.offset) == ("offset", 1000)


def test_a_part_that_is_cut_off_or_damaged_is_not_kept(begin: Begin, settings: Settings) -> None:
    upload = begin()
    with pytest.raises(UnableToUpload, match="1,000 bytes came, but 1,001 were announced"):
        send(upload, CONTENT[:1000], offset=0, length=1001)
    for algorithm in ("sha256", "sha1", "md5"):
        checksum = Checksum(algorithm=algorithm, digest=hashlib.new(algorithm, CONTENT[:999]).digest())
        with pytest.raises(UnableToUpload, match=f"have the {algorithm}") as refusal:
            send(upload, CONTENT[:1000], offset=0, checksum=checksum)
        assert refusal.value.cause == "checksum"
    assert not Upload.objects.get().parts
    assert not [path for path in Path(settings.STORAGE).rglob("*") if path.is_file()]
    good = Checksum(algorithm="sha1", digest=hashlib.sha1(CONTENT).digest())
    assert send(upload, CONTENT, offset=0, checksum=good).is_complete


def test_a_part_is_neither_too_large_nor_beyond_the_end(begin: Begin, settings: Settings) -> None:
    settings.LARGEST_PART = 2000
    upload = begin(size=2500)
    with pytest.raises(UnableToUpload, match="up to 2,000"):
        send(upload, CONTENT[:2001], offset=0)
    upload = send(upload, CONTENT[:2000], offset=0)
    with pytest.raises(UnableToUpload, match=r"ends at byte 2,501, but features\.npz has 2,500"):
        send(upload, CONTENT[:501], offset=2000)
    settings.LARGEST_UPLOAD = 3000
    with pytest.raises(UnableToUpload, match="accepted are up to"):
        begin(size=3001)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("features/v1.npy", "features/v1.npy"),
        ("\\features\\v1.npy", "features/v1.npy"),
        ("//./a//b", "a/b"),
        ("Jürgens Daten.tar.gz", "Jürgens Daten.tar.gz"),
    ],
)
def test_names_may_hold_folders(begin: Begin, given: str, kept: str) -> None:
    assert begin(name=given).name == kept


@pytest.mark.parametrize(
    "name", ["", "/", "..", "a/../b", "..\\b", "a\x00b", "a\nb", "x" * 256, "x/" * 200 + "x"]
)
def test_names_lead_nowhere_else(begin: Begin, name: str) -> None:
    with pytest.raises(UnableToUpload, match="name: given"):
        begin(name=name)


def test_the_quota_counts_each_content_once_and_open_uploads(
    begin: Begin, project: Project, dataset: Dataset, tmp_path: Path, settings: Settings
) -> None:
    settings.PROJECT_QUOTA = 10_000_000
    (tmp_path / "a").write_bytes(b"a" * 1000)
    blob = keep_file(tmp_path / "a")
    for name in ("a", "b"):
        StoredFile.objects.create(dataset=dataset, name=name, blob=blob)
    begin(size=5_000_000)
    assert used_bytes(project) == 5_001_000
    with pytest.raises(
        UnableToUpload, match=r"5,000,000 bytes do not fit: Moments uses 5,001,000 bytes of its 0\.01 GB"
    ):
        begin(size=5_000_000)
    begin(size=4_999_000)
    project.quota_bytes = 20_000_000
    project.save()
    begin(size=5_000_000)


def test_the_disk_keeps_a_gigabyte(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.uploads.free_bytes", lambda: 10**9 + 5000)
    with pytest.raises(UnableToUpload, match=r"the disk of the storage has 1\.00 GB left") as refusal:
        begin(size=5001)
    assert refusal.value.cause == "room"
    begin(size=5000)


def test_a_damaged_whole_is_refused(begin: Begin, tmp_path: Path, settings: Settings) -> None:
    upload = send(begin(sha256="0" * 64), CONTENT, offset=0)
    with pytest.raises(UnableToUpload, match="was announced; upload it again"):
        assemble(upload, tmp_path / "whole")
    part = Path(settings.STORAGE) / "uploads" / str(upload.pk) / "0"
    part.unlink()
    part.write_bytes(b"x" * len(CONTENT))
    with pytest.raises(UnableToUpload, match=r"features\.npz cannot be put together: The bytes"):
        assemble(upload, tmp_path / "whole")
    part.unlink()
    with pytest.raises(UnableToUpload, match="The part at byte 0 is no longer in the storage"):
        assemble(upload, tmp_path / "whole")
    assert not (tmp_path / "whole").exists()


def test_an_aborted_upload_leaves_nothing(begin: Begin) -> None:
    upload = send(begin(), CONTENT[:1000], offset=0)
    assert uploads_with_parts() == [str(upload.pk)]
    abort_upload(upload=upload)
    abort_upload(upload=upload)
    assert not uploads_with_parts()
    assert not Upload.objects.exists()
    with pytest.raises(UnableToUpload, match="was aborted"):
        send(upload, CONTENT[1000:], offset=1000)


def test_an_upload_that_a_registration_needs_stays(begin: Begin, project: Project) -> None:
    upload = send(begin(), CONTENT, offset=0)
    registration = Registration.objects.create(project=project, kind="dataset", name="world")
    Upload.objects.update(registration=registration)
    age(upload, hours=100)
    with pytest.raises(UnableToUpload, match="belongs to the registration of world: cancel that"):
        abort_upload(upload=upload)
    remove_stale_uploads()
    assert Upload.objects.exists()
    Registration.objects.update(state=RegistrationState.REFUSED)
    remove_stale_uploads()
    assert not Upload.objects.exists()
    assert not uploads_with_parts()


def test_a_day_without_a_part_ends_an_upload(begin: Begin) -> None:
    stale, fresh = (send(begin(), CONTENT[:1000], offset=0) for _ in range(2))
    age(stale, hours=24.1)
    age(fresh, hours=23.9)
    put_part("00000000-0000-4000-8000-000000000000", offset=0, stream=io.BytesIO(b"x"), length=1)  # type: ignore[arg-type]
    remove_stale_uploads()
    assert [upload.pk for upload in Upload.objects.all()] == [fresh.pk]
    assert uploads_with_parts() == [str(fresh.pk)]


class Zeros(io.RawIOBase):
    """As many zeros as anybody wants, without the memory for them."""

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def test_no_upload_is_held_in_memory(begin: Begin, tmp_path: Path) -> None:
    size, step = 256 << 20, 64 << 20
    upload = begin(size=size)
    process = psutil.Process()
    before = most = process.memory_info().rss
    for offset in range(0, size, step):
        upload = add_part(upload=upload, offset=offset, stream=Zeros(), length=step)  # type: ignore[arg-type]
        most = max(most, process.memory_info().rss)
    assemble(upload, tmp_path / "whole")
    most = max(most, process.memory_info().rss)
    assert (tmp_path / "whole").stat().st_size == size
    assert most - before < 50 << 20
