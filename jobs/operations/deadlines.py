"""Deadlines: reading them, and ending what has not begun in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Job, State
from jobs.notify import notify
from jobs.operations.aftermath import after_end, hold_groups

DEADLINE: Final = "deadline"
"""The cause of a failure by deadline."""
_AT_ONCE = 500
_LENGTH = re.compile(r"(\d{1,6})\s*([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ACCEPTED = "accepted is a length such as 90m, 2h or 1d, or a time such as 2030-01-31T18:00:00Z."


def deadline_of(text: str) -> datetime:
    """This will read a length from now (90m, 2h, 1d) or an ISO 8601 time, of UTC unless it names another zone.

    Raises ValueError with a sentence.
    """
    given = text.strip()
    try:
        if length := _LENGTH.fullmatch(given.lower()):
            return timezone.now() + timedelta(**{_UNITS[length[2]]: int(length[1])})
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"given {given[:40]!r}, {_ACCEPTED}") from None


@transaction.atomic
def end_overdue() -> int:
    """This will fail the queued and paused jobs whose deadline has passed, and return how many.

    A job that a worker has is told by its worker. Asked again and again, it ends at most some hundreds at once.
    """
    idle = Job.objects.filter(state__in=(State.QUEUED, State.PAUSED), finished_at__isnull=True)
    late = idle.filter(deadline_at__lte=Now(), deleted_at__isnull=True).order_by("deadline_at")
    rows = list(late.select_for_update(skip_locked=True)[:_AT_ONCE])
    hold_groups(rows)
    for row in rows:
        Job.objects.filter(pk=row.pk, state=row.state, fence=row.fence).update(
            state=State.FAILED,
            fence=F("fence") + 1,
            lease_until=None,
            finished_at=Now(),
            failure_cause=DEADLINE,
            failure=_sentence(row),
        )
        after_end(job_id=row.pk)
        notify(job_id=row.pk)
    return len(rows)


def _sentence(row: Job) -> str:
    assert row.deadline_at is not None
    had = "before it began" if row.started_at is None else "before it went on"
    return (
        f"Its deadline passed at {row.deadline_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, while it was {row.state} "
        f"and {had}. It can be retried with a new deadline."
    )
