"""Tags and filters about jobs and their attempts."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.utils import timezone

from jobs.models import ACTIVE, Attempt, Job, Outcome
from jobs.queries.table.query import quoted

register = template.Library()

NOTABLE_CLOCK_SECONDS = 2.0
TONES = {
    Outcome.SUCCEEDED: "succeeded",
    Outcome.FAILED: "failed",
    Outcome.LOST: "failed",
    Outcome.PAUSED: "paused",
    Outcome.CANCELLED: "cancelled",
    Outcome.HANDED_BACK: "queued",
}


@register.filter
def standing(job: Job) -> str:
    """This will say a job's state in one word, with what is asked of it and not done yet."""
    if job.cancel_requested_at and not job.is_final:
        return "cancelling"
    if job.pause_requested_at and job.state in ACTIVE:
        return "pausing"
    return str(job.state)


@register.filter
def method_of(job: Job) -> str:
    """This will name a job's method; of jobs trained elsewhere none is known."""
    return "trained elsewhere" if job.elsewhere else str(job.spec.get("method", {}).get("kind", ""))


@register.filter
def tone(attempt: Attempt) -> str:
    """This will give the state whose colour fits how an attempt ended."""
    return TONES.get(Outcome(attempt.outcome), "") if attempt.outcome else "running"


@register.filter
def seconds_of(attempt: Attempt) -> int:
    """This will give how long an attempt took, or takes already."""
    end = attempt.ended_at or timezone.now()
    return max(0, int((end - attempt.started_at).total_seconds()))


@register.filter
def is_past(moment: datetime | None) -> bool:
    """This will tell whether a time has come."""
    return moment is not None and moment <= timezone.now()


@register.filter
def clock(ahead: float) -> str:
    """This will say how far a worker's clock is from the database's, nothing where nobody would notice."""
    if abs(ahead) <= NOTABLE_CLOCK_SECONDS:
        return ""
    return f"clock {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}"


@register.filter
def of(mapping: dict[int, str] | None, number: int) -> str:
    """This will read what a mapping says of one job, nothing where it says nothing."""
    return mapping.get(number, "") if isinstance(mapping, dict) else ""


@register.filter
def plus(number: int) -> str:
    """This will write a whole number with its sign."""
    return f"{number:+d}".replace("-", "−")


@register.filter
def query_of_tag(tag: str) -> str:
    """This will spell the address of the table of jobs that have a tag."""
    return urlencode({"q": f"tag:{quoted(tag)}"})
