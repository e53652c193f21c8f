"""Workers present themselves, and are asked to take nothing new."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now

from jobs import identity, machine
from jobs.identity import Identity
from jobs.models import ACTIVE, Attempt, Queue, User, Worker
from jobs.notify import notify
from jobs.operations.errors import UnableToServe
from jobs.operations.intake_claims import QUEUE as INTAKE
from jobs.queries.workers import alive

FORGOTTEN_AFTER = timedelta(days=7)
MOST_THREADS = 1024


def check_options(*, name: str, queues: list[str], device: str, threads: int) -> None:
    """This will raise UnableToServe, with a sentence for each option that no worker can be started with."""
    problems: dict[str, str] = {}
    if name and not identity.NAME.fullmatch(name):
        problems["name"] = (
            f"given {name!r}, accepted are up to 80 letters, digits, dots, dashes and underscores, "
            "a letter or digit first."
        )
    if sentence := _problem_with_queues(queues):
        problems["queues"] = sentence
    if not identity.DEVICE.fullmatch(device):
        problems["device"] = f"given {device!r}, accepted is cpu, cuda, or one card as cuda:0, cuda:1 ..."
    if not 0 < threads <= MOST_THREADS:
        problems["threads"] = f"given {threads}, accepted is a whole number from 1 to {MOST_THREADS}."
    if problems:
        raise UnableToServe(" ".join(f"{path}: {why}" for path, why in problems.items()), fields=problems)


def _problem_with_queues(queues: list[str]) -> str:
    given = ",".join(queues)
    for queue in queues:
        if not identity.QUEUE_NAME.fullmatch(queue):
            return (
                f"given {queue!r}, accepted are up to 40 letters, digits, - and _, "
                "and a comma between two queues."
            )
    if not queues or len(set(queues)) < len(queues):
        return f"given {given!r}, accepted is at least one queue, and each once."
    if INTAKE in queues and len(queues) > 1:
        return (
            f"given {given!r}, accepted is {INTAKE} alone: a registration must not wait behind a day of "
            "training, so it has a worker of its own."
        )
    return ""


@transaction.atomic
def register_worker(*, identity: Identity) -> Worker:
    """This will write down that the worker is there; UnableToServe when another living one has its name.

    A wish that it drain outlives its restart.
    """
    row = Worker.objects.select_for_update().filter(name=identity.name).first()
    if row is not None and _is_another(row, identity) and Worker.objects.filter(alive(), pk=row.pk).exists():
        sentence = (
            f"given {identity.name!r}, but a worker of that name is alive (process {row.pid} on {row.host}); "
            "accepted is another name, or stop that one first."
        )
        raise UnableToServe(f"name: {sentence}", fields={"name": sentence})
    worker, _ = Worker.objects.update_or_create(
        name=identity.name,
        defaults={
            "host": identity.host,
            "pid": identity.pid,
            "queues": list(identity.queues),
            "device": identity.device,
            "device_name": machine.device_name(identity.device),
            "threads": identity.threads,
            "versions": machine.versions(),
            "started_at": Now(),
            **_measured(),
        },
    )
    return worker


def worker_beat(*, identity: Identity) -> Worker:
    """This will write down that the worker and its queues are served, and return its row as it is now.

    A worker whose row is gone registers again; UnableToServe when somebody else took its name meanwhile.
    """
    mine = Worker.objects.filter(name=identity.name, host=identity.host, pid=identity.pid)
    if not mine.update(**_measured()):
        register_worker(identity=identity)
    row = Worker.objects.get(name=identity.name)
    if row.drain_requested_at is None:
        _note_served(sorted(identity.queues))
    return row


def worker_stopped(*, identity: Identity) -> None:
    """This will write down that the worker has ended as it was asked to."""
    mine = Worker.objects.filter(name=identity.name, host=identity.host, pid=identity.pid)
    mine.update(stopped_at=Now())


def request_drain(*, worker: Worker, user: User, now: bool = False) -> Worker:
    """This will make a worker take nothing new, and with `now` hand back what it works on."""
    del user  # who may is the caller's question; the audit trail is not written yet
    wish = {"drain_requested_at": Coalesce("drain_requested_at", Now()), "drain_now": now}
    return _changed(worker, wish)


def undrain(*, worker: Worker, user: User) -> Worker:
    """This will let a worker take work again; one that does not drain stays as it is."""
    del user
    return _changed(worker, {"drain_requested_at": None, "drain_now": False})


def is_drained(*, name: str) -> bool:
    """This will tell whether the worker of that name shall take nothing; unknown workers may take."""
    return Worker.objects.filter(name=name, drain_requested_at__isnull=False).exists()


def remove_forgotten_workers() -> int:
    """This will remove the rows of workers that nobody has heard of for a week, and return how many."""
    removed, _ = Worker.objects.filter(seen_at__lt=Now() - Value(FORGOTTEN_AFTER)).delete()
    return removed


@transaction.atomic
def _changed(worker: Worker, wish: dict[str, Any]) -> Worker:
    Worker.objects.filter(pk=worker.pk).update(**wish)
    # Its keeper hears of it at once.
    busy = Attempt.objects.filter(Q(worker_row=worker) | Q(worker=worker.name), job__state__in=ACTIVE)
    for job_id in set(busy.values_list("job_id", flat=True)):
        notify(job_id=job_id)
    worker.refresh_from_db()
    return worker


def _is_another(row: Worker, identity: Identity) -> bool:
    if row.host != identity.host:
        return True
    return row.pid != identity.pid and psutil.pid_exists(row.pid)


def _measured() -> dict[str, Any]:
    all_memory, free_memory = machine.memory()
    return {
        "seen_at": Now(),
        "stopped_at": None,
        "memory_bytes": all_memory,
        "memory_free_bytes": free_memory,
        "disk_free_bytes": machine.free_disk(Path(settings.MTKD_HOME)),
        "clock_ahead": _clock_ahead(),
    }


def _clock_ahead() -> float:
    """By how many seconds this host's clock leads the database's, the way there and back taken as equal."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        row = cursor.fetchone()
        after = time.time()
    assert row is not None
    return float((before + after) / 2 - row[0])


def _note_served(queues: list[str]) -> None:
    # In one order, so that two workers never wait for each other.
    rows = [Queue(name=queue, served_at=Now()) for queue in queues]
    Queue.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["served_at"]
    )
