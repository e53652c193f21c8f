"""Who works: the workers, with what each does right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from jobs.models import ACTIVE, Attempt, Registration, RegistrationState, Worker

BEATS_MISSED = 3  # and it counts as gone


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """One worker as a page shows it; `job` is the attempt it works on, with its job and project."""

    row: Worker
    is_alive: bool
    job: Attempt | None
    registration: Registration | None

    @property
    def state(self) -> str:
        """This will give one word: stopped, silent, draining, drained, busy or idle."""
        if self.row.stopped_at is not None:
            return "stopped"
        if not self.is_alive:
            return "silent"
        is_busy = self.job is not None or self.registration is not None
        if self.row.drain_requested_at is not None:
            return "draining" if is_busy else "drained"
        return "busy" if is_busy else "idle"


def alive() -> Q:
    """This will select the workers that have beaten within three beats and were not stopped."""
    silence = timedelta(seconds=BEATS_MISSED * settings.WORKER_BEAT_SECONDS)
    return Q(stopped_at=None, seen_at__gt=Now() - Value(silence))


def list_workers() -> list[WorkerState]:
    """This will list all known workers by name, with what each does right now, in four queries."""
    living = set(Worker.objects.filter(alive()).values_list("pk", flat=True))
    busy = Attempt.objects.select_related("job__project")
    busy = busy.filter(fence=F("job__fence"), job__state__in=ACTIVE).order_by("pk")
    jobs = {attempt.worker: attempt for attempt in busy}
    checking = Registration.objects.filter(state=RegistrationState.CHECKING).select_related("project")
    registrations = {registration.worker: registration for registration in checking}
    return [
        WorkerState(
            row=row,
            is_alive=row.pk in living,
            job=jobs.get(row.name),
            registration=registrations.get(row.name),
        )
        for row in Worker.objects.all()
    ]


def find_worker(*, worker_id: int) -> WorkerState | None:
    """This will find one worker with what it does right now."""
    return next((found for found in list_workers() if found.row.pk == worker_id), None)


def seats(queue: str) -> int:
    """This will count the living workers that serve a queue and take new work."""
    rows = Worker.objects.filter(alive(), drain_requested_at=None)
    return sum(queue in queues for queues in rows.values_list("queues", flat=True))
