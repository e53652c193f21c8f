"""Registered datasets and teachers as folders on this host, for engines to read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from jobs.models import ACTIVE, Dataset, Job, StoredFile, Teacher
from jobs.storage.blobs import fetch
from jobs.storage.hashing import StorageError, sha256_of

MODEL = "model.safetensors"
PREDICTIONS = "predictions.npz"
VIDEOS = "videos/"
_UNUSED_SECONDS = 7 * 24 * 3600.0


def fetch_source(source: Dataset | Teacher) -> Path:
    """This will give the folder with the files of a source on this host, each verified this very time.

    Videos are left out: they are for people. The files must not be written to. Raises StorageError when a
    stored file is gone or is another one.
    """
    files = _files(source)
    folder = _folder(source, files)
    for file in files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not _is(target, file.blob_id):
            fetch(file.blob, target)
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    return folder


def teacher_path(teacher: Teacher) -> Path:
    """This will fetch a teacher and give the file that the engine takes: a model, or stored predictions."""
    folder = fetch_source(teacher)
    for name in (MODEL, PREDICTIONS):
        if (folder / name).is_file():
            return folder / name
    raise StorageError(f"The teacher {teacher.name} has neither {MODEL} nor {PREDICTIONS} in the storage.")


def remove_stale_sources() -> None:
    """This will remove fetched folders that no active job needs and nobody has asked for in a week."""
    fetched = [path for path in _root().glob("*") if time.time() - _touched(path) > _UNUSED_SECONDS]
    if not fetched:
        return
    jobs = Job.objects.filter(state__in=ACTIVE).select_related("dataset").prefetch_related("teachers")
    sources: list[Dataset | Teacher] = []
    for job in jobs:
        sources += [*([job.dataset] if job.dataset is not None else []), *job.teachers.all()]
    needed = set(_names(sources))
    for folder in fetched:
        if folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def _names(sources: Iterable[Dataset | Teacher]) -> Iterable[str]:
    return (_folder(source, _files(source)).name for source in sources)


def _files(source: Dataset | Teacher) -> list[StoredFile]:
    return list(source.files.exclude(name__startswith=VIDEOS).select_related("blob"))


def _folder(source: Dataset | Teacher, files: Iterable[StoredFile]) -> Path:
    """The same content may lie in other files: with another card, or sealed under another name."""
    listed = "\n".join(f"{file.blob_id} {file.name}" for file in files)
    mark = hashlib.sha256(listed.encode()).hexdigest()[:12]
    return _root() / f"{source._meta.model_name}-{source.content_hash}-{mark}"


def _root() -> Path:
    return Path(settings.MTKD_HOME) / "cache" / "sources"


def _is(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def _touched(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return time.time()
