"""The folders of attempts on this host: what stays of them when they are over, and for how long."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from psutil import Error as PsutilError
from psutil import Process

from jobs.engine.family import all_marked, is_orphaned
from jobs.models import ACTIVE, Attempt, Checkpoint, Event, Job, State
from jobs.operations.blobs import remove_garbage
from jobs.operations.checkpoints import CHECKPOINTED, newest_for, remove_old_checkpoints
from jobs.operations.uploads import remove_stale_uploads
from jobs.storage.blobs import remove_stale_copies, remove_stale_staging
from jobs.storage.fetching import bound_cache
from jobs.storage.hashing import StorageError

_log = logging.getLogger(__name__)
_PASSING = ("checkpoint", "publishing", "resumed")
_DAY = 24 * 3600.0


def clear(job: Job) -> None:
    """This will remove what an ended job needs no more on this host; journals and logs stay for a while.

    Checkpoints go where the storage has the newest, or nobody will go on from one; so do the files that the storage
    has. Those of a failed job stay: it may have failed to store them.
    """
    assert job.is_final
    long_ago = _is_long_ago(job)
    needs_checkpoints = job.state != State.SUCCEEDED and not long_ago and not _newest_is_stored(job)
    for attempt in Attempt.objects.filter(job=job).exclude(folder=""):
        folder = Path(attempt.folder)
        if long_ago:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        if not needs_checkpoints:
            _drop_checkpoints(folder)
        if job.state != State.FAILED:
            shutil.rmtree(folder / "artifacts", ignore_errors=True)


def _is_long_ago(job: Job) -> bool:
    kept = timedelta(days=settings.CHECKPOINT_DAYS)
    return job.finished_at is not None and job.finished_at < timezone.now() - kept


def sweep() -> None:
    """This will clear, on this host, after jobs whose own worker could not do it any more.

    What is left over on the host goes too, processes and files, and what nothing refers to in the storage.
    """
    end_strays()
    folders = dict(_folders_of_jobs())
    known = {job.pk: job for job in Job.objects.filter(pk__in=folders)}
    for job_id, folder in folders.items():
        job = known.get(job_id)
        if job is None:
            _remove_forgotten(folder)
        elif not job.is_final:
            _drop_outlived(job)
        elif _is_long_ago(job) or any(folder.glob(f"*/{name}") for name in (*_PASSING, "artifacts")):
            clear(job)
    remove_stale_staging()
    remove_stale_copies()
    bound_cache()
    try:
        remove_stale_uploads()
        remove_old_checkpoints()
        remove_garbage()
    except StorageError as error:
        _log.warning("Garbage is removed from the storage later: %s", error)


def end_strays() -> int:
    """This will kill what works in this home for nobody, and return how many processes that were.

    Their supervisor is gone, or their attempt is not its job's present one. It costs a look at each process of the
    host (some milliseconds) and waits for nothing: what escapes is met the next time.
    """
    work = _root().parent
    # Processes first: whatever runs by now was claimed before the rows are read.
    running = [(process, place) for process, place in all_marked() if work in place.parents]
    orphans = [(process, place) for process, place in running if is_orphaned(process)]
    _end(orphans)
    others = [pair for pair in running if pair not in orphans and _root() in pair[1].parents]
    outlived = {place for place in {place for _, place in others} if not _is_present(place)}
    _end(strays := [pair for pair in others if pair[1] in outlived])
    return len(orphans) + len(strays)


def _end(processes: list[tuple[Process, Path]]) -> None:
    for process, place in processes:
        _log.warning("A process (%s) was still at work in %s and is killed.", process.pid, place)
        with contextlib.suppress(PsutilError):
            process.kill()


def _is_present(place: Path) -> bool:
    attempts = Attempt.objects.filter(job_id=_number(place.parent) or 0, job__state__in=ACTIVE)
    found = attempts.select_related("job").order_by("-number").first()
    return found is not None and found.folder == str(place) and found.fence == found.job.fence


def _newest_is_stored(job: Job) -> bool:
    """Whether the storage has the newest checkpoint that a retry could go on from, or there is none at all."""
    told = Event.objects.filter(job=job, kind=CHECKPOINTED, attempt__is_void=False)
    newest = told.order_by("-seq").values_list("seq", flat=True).first()
    return newest is None or Checkpoint.objects.filter(job=job, seq=newest).exists()


def _drop_outlived(job: Job) -> None:
    """Whoever goes on with an unfinished job takes its newest stored checkpoint rather than older ones of ours."""
    stored = newest_for(job)
    if stored is not None:
        for attempt in job.attempts.filter(number__lt=stored.attempt.number):
            _drop_checkpoints(Path(attempt.folder))


def _drop_checkpoints(folder: Path) -> None:
    for name in _PASSING:
        shutil.rmtree(folder / name, ignore_errors=True)


def _remove_forgotten(folder: Path) -> None:
    """Its job was deleted; a day is left in case that this is the wrong database."""
    newest = max((path.stat().st_mtime for path in folder.rglob("*")), default=0.0)
    if newest < time.time() - _DAY:
        shutil.rmtree(folder, ignore_errors=True)


def _folders_of_jobs() -> Iterator[tuple[int, Path]]:
    for folder in _root().glob("*"):
        if (number := _number(folder)) is not None and folder.is_dir():
            yield number, folder


def _number(folder: Path) -> int | None:
    return int(folder.name) if folder.name.isdecimal() else None


def _root() -> Path:
    return Path(settings.MTKD_HOME) / "work" / "jobs"
