"""The reaper: jobs whose worker has fallen silent go back to their queue."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs import storable
from jobs.engine.log import last_lines
from jobs.engine.verdict import with_log
from jobs.models import ACTIVE, Attempt, Job, LogChunk, Registration, RegistrationState
from jobs.operations.aftermath import hold_groups
from jobs.operations.claims import database_has_been_up_for_a_lease
from jobs.operations.endings import fall_silent_locked, give_up_locked, lose_locked
from jobs.operations.intake_endings import give_up_waiting
from jobs.operations.intake_endings import lose_locked as lose_registration

_log = logging.getLogger(__name__)
_LINES_SHOWN = 5
_SILENT = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())


@transaction.atomic
def reap() -> int:
    """This will count as lost every active job whose lease is over or missing, and return how many.

    Those trained elsewhere fail: nobody here could go on with them. So does one that cannot be lost as others are,
    because something of what is kept of it is damaged: it must not keep the reaper from the others.

    Times are the database's own. After the database started nothing is reaped for one lease, so that every
    worker can report first.
    """
    if not database_has_been_up_for_a_lease():
        return 0
    jobs = Job.objects.select_for_update(skip_locked=True).filter(_SILENT, state__in=ACTIVE)
    hold_groups(jobs)
    for job in jobs:
        try:
            with transaction.atomic():
                _reap(job)
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:
            _log.exception("Job %s cannot be lost as others are and is given up.", job.pk)
            give_up_locked(job, sentence=_damage(error))
    return len(jobs)


def _reap(job: Job) -> None:
    if job.elsewhere:
        fall_silent_locked(job, sentence=_silence_elsewhere())
        _log.warning("Job %s, trained elsewhere, has fallen silent.", job.pk)
    else:
        lose_locked(job, reason=_reason(job.attempts.order_by("-number").first()))
        _log.warning("Job %s was lost: its worker has fallen silent.", job.pk)


@transaction.atomic
def reap_registrations() -> int:
    """This will do with registrations what `reap` does with jobs."""
    if not database_has_been_up_for_a_lease():
        return 0
    rows = Registration.objects.select_for_update(skip_locked=True)
    rows = rows.filter(_SILENT, state=RegistrationState.CHECKING)
    for row in rows:
        lose_registration(row, reason=_silence(row.worker))
        _log.warning("Registration %s was lost: its worker has fallen silent.", row.pk)
    return len(rows)


@transaction.atomic
def end_waiting() -> int:
    """This will cancel the registrations whose decision has not come in time, and return how many."""
    rows = Registration.objects.select_for_update(skip_locked=True)
    rows = rows.filter(lease_until__lt=Now(), state=RegistrationState.WAITING)
    for row in rows:
        give_up_waiting(row)
    return len(rows)


def _reason(attempt: Attempt | None) -> str:
    if attempt is None:
        return "no worker had it."
    sentence = _silence(attempt.worker)
    return with_log(sentence, last_lines(Path(attempt.folder)) or _recorded_lines(attempt))


def _recorded_lines(attempt: Attempt) -> str:
    """The log lies on the disk of its worker; what was recorded of it is everywhere."""
    chunk = LogChunk.objects.filter(attempt=attempt).order_by("-start").first()
    return "\n".join(chunk.text.splitlines()[-_LINES_SHOWN:]) if chunk is not None else ""


def _damage(error: Exception) -> str:
    return (
        "Its worker fell silent, and it cannot go on because of what is kept of it "
        f"({type(error).__name__}: {storable.line(error)})."
    )


def _silence(worker: str) -> str:
    return (
        f"worker {worker} was not heard of for more than {settings.LEASE_SECONDS:g} s; "
        "its process or its machine is gone."
    )


def _silence_elsewhere() -> str:
    hours = settings.SILENCE_SECONDS / 3600
    return f"Nothing came for more than {hours:g} hours from where the job is trained, so it was given up."
