"""What there is to know of a job right now, beside its state: why it waits, why it paused, how far its records lag."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from jobs.models import ACTIVE, Attempt, Job, State
from jobs.queries.queues import why_waiting
from webapp.live.frames import BEHIND_BYTES, MISSED_HEARTBEATS
from webapp.templatetags.site import bytesize, sentence


@dataclass(frozen=True, kw_only=True)
class Note:
    """One sentence on the page; `key` tells it from the others, `tone` is that of notes."""

    key: str
    text: str
    title: str = ""
    tone: str = ""


def situation(job: Job, attempt: Attempt | None) -> list[Note]:
    """This will list what to say of a job; `attempt` is its newest."""
    found = (
        _waits(job),
        _pause(job),
        _deadline(job),
        _silence(job, attempt),
        _lag(job, attempt),
        _elsewhere(job),
    )
    return [note for note in found if note is not None]


def furthest_checkpoint(attempts: list[Attempt]) -> int | None:
    """This will give the step that a retry goes on from, None where there is no checkpoint."""
    steps = [
        attempt.checkpoint_step
        for attempt in attempts
        if attempt.checkpoint_step is not None and not attempt.is_void
    ]
    return max(steps, default=None)


def _waits(job: Job) -> Note | None:
    reason = why_waiting(job).get(job.pk) if job.state == State.QUEUED else None
    return Note(key="waits", title="Waiting:", text=f"{reason}.") if reason else None


def _pause(job: Job) -> Note | None:
    if job.state == State.PAUSED:
        if job.pause_reason:
            return Note(key="paused", title="Paused.", text=sentence(job.pause_reason), tone="warning")
        return Note(
            key="paused", title="Paused.", text="It goes on from its checkpoint when somebody resumes it."
        )
    if job.state in ACTIVE and job.pause_requested_at and not job.cancel_requested_at:
        return Note(key="pausing", text="Its worker writes a checkpoint and then lets it go.")
    return None


def _deadline(job: Job) -> Note | None:
    if job.is_final or job.deadline_at is None or job.deadline_at > timezone.now():
        return None
    return Note(key="deadline", text="Its deadline has passed: it is being ended.", tone="warning")


def _silence(job: Job, attempt: Attempt | None) -> Note | None:
    if job.state not in ACTIVE or job.elsewhere or attempt is None or attempt.heartbeat_at is None:
        return None
    silent = (timezone.now() - attempt.heartbeat_at).total_seconds()
    if silent < max(5.0, MISSED_HEARTBEATS * settings.HEARTBEAT_SECONDS):
        return None
    text = (
        f"Its worker was last heard of {silent:.0f} s ago. If it is only cut off, training goes on there and the "
        "curves catch up; otherwise another worker takes the job over."
    )
    return Note(key="silent", text=text, tone="warning")


def _lag(job: Job, attempt: Attempt | None) -> Note | None:
    if job.state not in ACTIVE or attempt is None or attempt.journal_behind < BEHIND_BYTES:
        return None
    seconds = _seconds_behind(job, attempt)
    by = f"about {seconds:.0f} s behind" if seconds else f"{bytesize(attempt.journal_behind)} behind"
    return Note(key="lag", text=f"Recording is {by}: training goes on, the curves catch up.", tone="warning")


def _seconds_behind(job: Job, attempt: Attempt) -> float:
    """Taken as if the journal had grown evenly: the time that its unrecorded share stands for; 0 if unknown."""
    recorded = job.cursor_offset if job.cursor_attempt == attempt.number else 0
    if attempt.journal_at is None:
        return 0.0
    took = (attempt.journal_at - attempt.started_at).total_seconds()
    return max(0.0, took * attempt.journal_behind / (recorded + attempt.journal_behind))


def _elsewhere(job: Job) -> Note | None:
    if not job.elsewhere or job.is_final:
        return None
    return Note(
        key="elsewhere", text="Trained elsewhere: no worker runs it, its owner posts its points over REST."
    )
