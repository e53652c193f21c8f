"""What may be asked about when and where a job runs: its queue, its priority, its deadline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from jobs.operations.errors import UnableTo
from jobs.queries.queues import known_queues

LOWEST, HIGHEST = -10, 10
_FARTHEST = timedelta(days=3653)


def check_schedule(
    *, queue: str | None, priority: int | None, deadline: datetime | None, refusal: type[UnableTo]
) -> None:
    """This will raise `refusal` with a sentence for each of the three that cannot be; None is not looked at."""
    problems = {
        "queue": _about_queue(queue),
        "priority": _about_priority(priority),
        "deadline": _about_deadline(deadline),
    }
    fields = {name: sentence for name, sentence in problems.items() if sentence}
    if fields:
        raise refusal(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)


def _about_queue(queue: str | None) -> str | None:
    if queue is None or queue in (known := known_queues()):
        return None
    return f"given {queue[:40]!r}, accepted is a queue that a worker has served: {', '.join(known)}."


def _about_priority(priority: int | None) -> str | None:
    is_number = isinstance(priority, int) and not isinstance(priority, bool)
    if priority is None or (is_number and LOWEST <= priority <= HIGHEST):
        return None
    return f"given {priority!r}, accepted is a whole number from {LOWEST} to {HIGHEST}."


def _about_deadline(deadline: datetime | None) -> str | None:
    now = timezone.now()
    if deadline is None or now < deadline <= now + _FARTHEST:
        return None
    return f"given {deadline.astimezone(UTC):%Y-%m-%d %H:%M} UTC, accepted is a time in the next ten years."
