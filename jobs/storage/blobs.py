"""Where the bytes of datasets, teachers, artifacts and uploads live: in Django's default storage.

Contents lie under `blobs/ab/SHA256`, each once; parts of uploads under `uploads/UUID/OFFSET`. The storage shows
a file whole or not at all, and whatever is read is verified against its sha256.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import Artifact, Blob
from jobs.storage.hashing import (
    Checksum,
    HashedReader,
    NoRoomError,
    StorageAwayError,
    StorageError,
    sha256_of,
)
from jobs.storage.troubles import FULL, in_words
from jobs.storage.wholefiles import STAGING

__all__ = ["FULL", "Checksum", "NoRoomError", "StorageAwayError", "StorageError"]
_BLOCK = 1 << 20
_STALE_SECONDS = 24 * 3600.0
_UPLOADS = "uploads"
_seen: dict[Path, tuple[int, int, int]] = {}


def blob_name(sha256: str) -> str:
    """This will give the name of a content in the storage."""
    return f"blobs/{sha256[:2]}/{sha256}"


def keep_file(path: Path, *, sha256: str | None = None) -> Blob:
    """This will store the content of a file, or do nothing but note the time where the storage has it.

    Raises StorageError when it cannot be stored, or when its content is not that of `sha256`.
    """
    with in_words(path.name, missing="is gone"):
        found, size = sha256_of(path), path.stat().st_size
        if sha256 not in {None, found}:
            raise StorageError(f"{path.name} has changed since it was written (sha256 {found[:12]}...).")
        blob = _noted(found, size)  # first: from now on, nobody takes these bytes for garbage
        if not _is_stored(blob):
            wanted = Checksum(algorithm="sha256", digest=bytes.fromhex(found))
            with path.open("rb") as source:
                reader = HashedReader(source, length=size, checksum=wanted)
                default_storage.save(blob_name(found), File(cast(IO[bytes], reader), path.name))
    return blob


def fetch(blob: Blob, target: Path) -> None:
    """This will put a verified copy of a stored content at `target`, replacing what is there.

    Where the storage is a folder of the same file system the copy is a link: it must not be written to.
    Raises StorageError when the stored bytes are gone or are others.
    """
    draft = target.parent / f".{secrets.token_hex(8)}"
    try:
        with in_words(target.name):
            _bring(blob, draft)
            if sha256_of(draft) != blob.sha256:
                raise _changed(target.name)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def open_blob(blob: Blob, *, what: str = "A stored file") -> IO[bytes]:
    """This will open a stored content for reading and seeking after it was verified; the caller closes it.

    Raises StorageError, with a sentence about `what`, when the stored bytes are gone or are others.
    """
    with in_words(what):
        file: IO[bytes] = default_storage.open(blob_name(blob.sha256))
        try:
            if hashlib.file_digest(file, "sha256").hexdigest() != blob.sha256:  # type: ignore[arg-type]
                raise _changed(what)
            file.seek(0)
        except BaseException:
            file.close()
            raise
    return file


def open_seen_blob(blob: Blob, *, what: str = "A stored file") -> IO[bytes]:
    """This will open a stored content that this process has verified before and that looks unchanged since.

    It is for many looks into one large file; the first look, and one after a change of size or time, is that
    of `open_blob`. Where the storage is elsewhere, a copy is kept on this host for a while.
    """
    path = local_path(blob)
    if path is None:
        path = _copies() / blob.sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or _seen.get(path) != _mark(path):
            fetch(blob, path)
            _seen[path] = _mark(path)
    with in_words(what):
        if _seen.get(path) != _mark(path):
            mark = _mark(path)
            open_blob(blob, what=what).close()
            _seen[path] = mark
        return path.open("rb")


def open_artifact(artifact: Artifact) -> IO[bytes]:
    """This will open an artifact for reading after its sha256 was verified; the caller closes it.

    Raises StorageError when the stored file is gone or is not what was published.
    """
    return open_blob(artifact.blob, what=f"{artifact.name} of job {artifact.job_id}")


def local_path(blob: Blob) -> Path | None:
    """This will give the place of a stored content on this host, None where the storage is elsewhere."""
    try:
        return Path(default_storage.path(blob_name(blob.sha256)))
    except NotImplementedError:
        return None


def remove_blob(sha256: str) -> None:
    """This will remove a stored content; one that is gone already is fine."""
    with in_words("A stored file"):
        default_storage.delete(blob_name(sha256))


def put_part(
    upload: UUID, *, offset: int, stream: IO[bytes], length: int, checksum: Checksum | None = None
) -> str:
    """This will store a part of an upload, replacing one of the same offset, and return its sha256.

    Raises ChecksumError when the part is not that of `checksum`, StorageError when the stream ends early or
    the part cannot be stored; then nothing of it is kept.
    """
    reader = HashedReader(stream, length=length, checksum=checksum)
    with in_words("The part"):
        default_storage.save(_part(upload, offset), File(cast(IO[bytes], reader), "part"))
    return reader.sha256


def read_part(upload: UUID, *, offset: int) -> IO[bytes]:
    """This will open a part of an upload; the caller closes it and verifies what it reads."""
    with in_words(f"The part at byte {offset:,}"):
        return default_storage.open(_part(upload, offset))


def remove_parts(upload: UUID | str) -> None:
    """This will remove all parts of an upload; none is fine."""
    folder = f"{_UPLOADS}/{upload}"
    with in_words("An upload"):
        for name in _listed(folder)[1]:
            default_storage.delete(f"{folder}/{name}")
        default_storage.delete(folder)


def uploads_with_parts() -> list[str]:
    """This will list the names under which parts of uploads lie in the storage."""
    with in_words("The uploads"):
        return _listed(_UPLOADS)[0]


def free_bytes() -> int | None:
    """This will tell how much room the disk of the storage has, None where the storage is no disk."""
    try:
        folder = Path(default_storage.path(""))
    except NotImplementedError:
        return None
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


@contextmanager
def staging() -> Iterator[Path]:
    """This will lend an empty folder on the file system of the storage and remove it afterwards."""
    folder = _staging() / f"{os.getpid()}-{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale_staging() -> None:
    """This will remove what killed processes have left half-copied, a day later."""
    for left in _staging().glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def remove_stale_copies() -> None:
    """This will remove this host's copies of what is stored elsewhere, a day after they were made."""
    for copy in _copies().glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - copy.stat().st_mtime > _STALE_SECONDS:
                copy.unlink()


def write_file(reader: IO[bytes], target: Path) -> str:
    """This will write a new file from a stream, force it to the disk, and return the sha256 of what it holds."""
    digest = hashlib.sha256()
    with target.open("xb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _noted(sha256: str, size: int) -> Blob:
    blob = Blob(sha256=sha256, size=size, touched_at=timezone.now())
    Blob.objects.bulk_create(
        [blob], update_conflicts=True, unique_fields=["sha256"], update_fields=["touched_at"]
    )
    return blob


def _is_stored(blob: Blob) -> bool:
    """Whether keeping it again would change nothing; a disk may have spoilt what it holds."""
    name = blob_name(blob.sha256)
    if not default_storage.exists(name) or default_storage.size(name) != blob.size:
        return False
    path = local_path(blob)
    return path is None or sha256_of(path) == blob.sha256


def _bring(blob: Blob, target: Path) -> None:
    stored = local_path(blob)
    if stored is not None:
        with contextlib.suppress(OSError):
            target.hardlink_to(stored)
            return
    with default_storage.open(blob_name(blob.sha256)) as file:
        write_file(file, target)


def _part(upload: UUID, offset: int) -> str:
    return f"{_UPLOADS}/{upload}/{offset}"


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return folders, files


def _mark(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _copies() -> Path:
    return Path(settings.MTKD_HOME) / "cache" / "blobs"


def _staging() -> Path:
    try:
        return Path(default_storage.path(STAGING))
    except NotImplementedError:
        return Path(settings.MTKD_HOME) / "work" / "staging"


def _changed(what: str) -> StorageError:
    return StorageError(f"{what} was changed after it was stored.")
