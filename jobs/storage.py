"""Where the bytes of datasets, teachers and artifacts live: one folder, files under keys.

A file is written beside its place and moved there once its sha256 is what was announced, so a key holds all
of a file or nothing.
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
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings

from jobs.models import Artifact

_BLOCK = 1 << 20
_STAGING = ".staging"
_STALE_SECONDS = 24 * 3600.0


class StorageError(ValueError):
    """What is stored is not what was put there, or cannot be put there; one sentence."""


def path_of(key: str) -> Path:
    """This will give the place of a key on this host; whether something lies there is not asked."""
    relative = PurePosixPath(key)
    if relative.is_absolute() or not relative.parts or ".." in relative.parts:
        raise StorageError(f"The storage key {key!r} is not a relative path.")
    return Path(settings.STORAGE, *relative.parts)


def put_file(source: Path, *, key: str, sha256: str) -> None:
    """This will store a copy of `source`, or raise StorageError when its sha256 is another one."""
    target = path_of(key)
    with staging() as folder:
        draft = folder / target.name
        if (found := copy_file(source, draft)) != sha256:
            raise StorageError(f"{source.name} has changed since it was written (sha256 {found[:12]}...).")
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)


def adopt(staged: Path, *, key: str) -> bool:
    """This will move what lies in a staging folder to its key; False when something lies there already."""
    target = path_of(key)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return False
    try:
        staged.rename(target)
    except OSError:
        if target.exists():  # somebody else was first with the same content
            return False
        raise
    return True


def remove(key: str) -> None:
    """This will remove the file or folder at a key; a key without one is fine."""
    target = path_of(key)
    if target.is_dir():
        shutil.rmtree(target, ignore_errors=True)
    else:
        target.unlink(missing_ok=True)


@contextmanager
def staging() -> Iterator[Path]:
    """This will lend an empty folder on the file system of the storage and remove it afterwards."""
    folder = Path(settings.STORAGE) / _STAGING / f"{os.getpid()}-{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale_staging() -> None:
    """This will remove what killed processes have left half-copied, a day later."""
    for folder in (Path(settings.STORAGE) / _STAGING).glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def open_artifact(artifact: Artifact) -> IO[bytes]:
    """This will open an artifact for reading after its sha256 was verified; the caller closes it.

    Raises StorageError when the stored file is gone or is not what was published.
    """
    try:
        file = path_of(artifact.storage_key).open("rb")
    except OSError:
        raise StorageError(f"{artifact.name} of job {artifact.job_id} is no longer in the storage.") from None
    if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
        file.close()
        raise StorageError(f"{artifact.name} of job {artifact.job_id} was changed after it was published.")
    file.seek(0)
    return file


def copy_file(source: Path, target: Path) -> str:
    """This will copy a file, force it to the disk, and return the sha256 of what was copied."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()
