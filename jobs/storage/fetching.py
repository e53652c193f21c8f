"""Registered datasets and teachers as folders on this host, for engines to read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from jobs.models import (
    ACTIVE,
    Attempt,
    Blob,
    Dataset,
    Registration,
    RegistrationState,
    StoredFile,
    Teacher,
)
from jobs.storage.blobs import fetch, local_path
from jobs.storage.cache import InUse, cache_root, entries, make_room, remove
from jobs.storage.hashing import StorageError, sha256_of

MODEL = "model.safetensors"
PREDICTIONS = "predictions.npz"
PROGRAM = "model.onnx"
VIDEOS, PLAYS = "videos/", "plays.bin"
_UNUSED_SECONDS = 7 * 24 * 3600.0


def fetch_source(source: Dataset | Teacher) -> Path:
    """This will give the folder with the files of a source on this host, each verified this very time.

    Videos and films of clips are left out: they are for people. The files must not be written to. Raises
    StorageError when a stored file is gone or is another one, NoRoomError where this host has no room for it.
    """
    files = _files(source)
    folder = _folder(source, files)
    with contextlib.suppress(FileNotFoundError):
        os.utime(folder)  # before anything: what is fresh is removed by nobody
    missing = [file for file in files if not _is(folder / file.name, file.blob_id)]
    _make_room_for(missing, folder)
    for file in missing:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        fetch(file.blob, target)
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    return folder


def teacher_path(teacher: Teacher) -> Path:
    """This will fetch a teacher and give the file that the engine takes: a model, predictions, or an ONNX program.

    The card of a program lies beside it.
    """
    folder = fetch_source(teacher)
    for name in (MODEL, PREDICTIONS, PROGRAM):
        if (folder / name).is_file():
            return folder / name
    raise StorageError(
        f"The teacher {teacher.name} has none of {MODEL}, {PREDICTIONS} and {PROGRAM} in the storage."
    )


def bound_cache() -> None:
    """This will remove what nobody has asked for in a week, and more until the cache is as large as it may be."""
    in_use = _in_use()
    for entry in entries():
        if entry.used_at < time.time() - _UNUSED_SECONDS and not in_use.holds(entry):
            remove(entry.path)
    make_room(0, in_use=in_use)


def _make_room_for(missing: list[StoredFile], folder: Path) -> None:
    more = sum(file.blob.size for file in missing if not _becomes_a_link(file.blob))
    if more:
        found = _in_use()
        make_room(more, in_use=InUse(sources=found.sources | {folder}, since=found.since))


def _becomes_a_link(blob: Blob) -> bool:
    stored = local_path(blob)
    with contextlib.suppress(OSError):
        return stored is not None and stored.stat().st_dev == Path(settings.MTKD_HOME).stat().st_dev
    return False


def _in_use() -> InUse:
    """What the active jobs of this host, and checks anywhere, work with."""
    active = Attempt.objects.filter(job__state__in=ACTIVE, ended_at=None)
    active = active.select_related("job__dataset").prefetch_related("job__teachers")
    here = [attempt for attempt in active if attempt.folder and Path(attempt.folder).is_dir()]
    sources: list[Dataset | Teacher | None] = []
    for attempt in here:
        sources += [attempt.job.dataset, *attempt.job.teachers.all()]
    checks = Registration.objects.filter(state=RegistrationState.CHECKING)
    for check in checks.select_related("measured_on", "teacher"):
        sources += [check.measured_on, check.teacher]
    folders = frozenset(_folder(source, _files(source)) for source in sources if source is not None)
    since = min((attempt.started_at.timestamp() for attempt in here), default=None)
    return InUse(sources=folders, since=since)


def _files(source: Dataset | Teacher) -> list[StoredFile]:
    of_jobs = source.files.exclude(name__startswith=VIDEOS).exclude(name=PLAYS)
    return list(of_jobs.select_related("blob"))


def _folder(source: Dataset | Teacher, files: Iterable[StoredFile]) -> Path:
    """The same content may lie in other files: with another card, or sealed under another name."""
    listed = "\n".join(f"{file.blob_id} {file.name}" for file in files)
    mark = hashlib.sha256(listed.encode()).hexdigest()[:12]
    return cache_root() / "sources" / f"{source._meta.model_name}-{source.content_hash}-{mark}"


def _is(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False
