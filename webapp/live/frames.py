"""What a socket is sent: everything of a job after a cursor, as one JSON-safe frame.

seq      the newest number that the frame covers; the next frame starts behind it
after    the number it starts behind
replace  true when the curves were thinned out and replace what the reader had
more     true when there is more to read at once
job      state and progress; why it waits or paused; `lag` where what is recorded may not be all there is
events   what the engine said, oldest first; `masked` evaluations and weights were repeated by a later attempt
points   metric -> steps and values; points from their first step on replace older ones (a resumed
         attempt repeats the steps after its checkpoint); numbers that are not finite are strings.
         Metrics of the system have `times` (ms since 1970) and replace nothing
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from jobs.models import ACTIVE, Attempt, Event, Job, State
from jobs.queries import history
from jobs.queries.curves import SYSTEM
from jobs.queries.queues import why_waiting

FAR_BEHIND = 2_000
EVENTS_AT_ONCE = 500
NO_LIMIT = 10**7  # FAR_BEHIND bounds a tail: each number is one step of the engine
NOT_SHOWN = frozenset({"checkpointed", "metrics"})
MISSED_HEARTBEATS = 3
BEHIND_BYTES = 64_000  # of a journal: less comes and goes with every flush


def read_frame(*, job_id: int, after: int, px: int) -> dict[str, Any]:
    """This will read the next frame behind `after`.

    The job's row is read first: its cursor commits together with the rows it counts, so all of them are seen.
    """
    job = _read_job(job_id)
    latest = job.cursor_seq
    frame: dict[str, Any] = {
        "after": after,
        "seq": latest,
        "replace": False,
        "more": False,
        "job": _state(job),
    }
    events: list[Event] = []
    points: dict[str, Any] = {}
    if latest > after and (after == 0 or latest - after > FAR_BEHIND or _began_anew(job, after)):
        frame["replace"] = True
        events = _newest_events(job_id)
        found = history.series(job_id=job_id, px=px)
        points = {metric: _curve(metric, curve) for metric, curve in found.items()}
    elif latest > after:
        events = history.events_after(job_id=job_id, seq=after, limit=EVENTS_AT_ONCE)
        tail = history.points_after(job_id=job_id, seq=after, limit_points=NO_LIMIT)
        points = {metric: _curve(metric, run) for metric, run in tail.items()}
        if len(events) == EVENTS_AT_ONCE:  # then points beyond the last event come twice, which does no harm
            frame["seq"] = min(latest, events[-1].seq)
        frame["more"] = frame["seq"] < latest
    masked = history.masked_events(job=job, events=events)
    shown = [event for event in events if event.kind not in NOT_SHOWN]
    frame["events"] = [
        {**event_as_dict(event), "masked": True} if event.seq in masked else event_as_dict(event)
        for event in shown
    ]
    frame["points"] = points
    return frame


def _newest_events(job_id: int) -> list[Event]:
    """What a page needs that knows nothing yet: the newest events, and the probe set however old it is."""
    shown = Event.objects.filter(job_id=job_id).exclude(kind__in=NOT_SHOWN).select_related("attempt")
    newest = list(shown.order_by("-seq")[:EVENTS_AT_ONCE])[::-1]
    oldest = newest[0].seq if newest else 0
    return [*shown.filter(kind="probeset", seq__lt=oldest).order_by("seq"), *newest]


def event_as_dict(event: Event) -> dict[str, Any]:
    """This will spell an event for JSON: its number, time, attempt and kind, then what it says."""
    return {
        **event.payload,
        "seq": event.seq,
        "kind": event.kind,
        "step": event.step,
        "at": event.at.isoformat(),
        "attempt": event.attempt.number,
    }


def spell(values: Any) -> list[float | str]:
    """This will turn numbers into JSON, where those that are not finite are strings."""
    plain: list[float | str] = values.tolist()
    if np.isfinite(values).all():
        return plain
    return [value if math.isfinite(value) else _word(value) for value in values.tolist()]


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _curve(metric: str, curve: history.Series | history.Points) -> dict[str, Any]:
    found: dict[str, Any] = {"steps": curve.steps.tolist(), "values": spell(curve.values)}
    if metric.startswith(SYSTEM):
        found["times"] = curve.times_ms.tolist()
    return found


_STATE_FIELDS = (
    *(
        "state",
        "queue",
        "step",
        "total_steps",
        "part",
        "part_done",
        "part_of",
        "created_at",
        "started_at",
        "finished_at",
        "deadline_at",
    ),
    *("cancel_requested_at", "pause_requested_at", "pause_reason", "failure", "failure_cause"),
    *("cursor_attempt", "cursor_seq", "elsewhere", "project_id", "priority", "deleted_at"),
)


def _read_job(job_id: int) -> Job:
    """The job with what its newest attempt last told, and the database's time."""
    newest = Attempt.objects.filter(job=OuterRef("pk")).order_by("-number")
    told = {name: Subquery(newest.values(name)[:1]) for name in ("heartbeat_at", "journal_behind")}
    told["void_until"] = Subquery(newest.filter(is_void=True).values("number")[:1])
    return Job.objects.only(*_STATE_FIELDS).annotate(now=Now(), **told).get(pk=job_id)


def _began_anew(job: Any, after: int) -> bool:
    """Whether an attempt that made older ones void has begun behind `after`: the reader may have points of these."""
    if job.void_until is None:
        return False
    anew = Event.objects.filter(job=job, attempt__number__gt=job.void_until).order_by("seq")
    first = anew.values_list("seq", flat=True).first()
    return first is not None and after < first


def _lag(job: Any) -> dict[str, Any] | None:
    """Since when there may be more than is recorded, and how many bytes of the journal are known to wait."""
    if job.state not in ACTIVE or job.elsewhere or job.heartbeat_at is None:
        return None
    silence = (job.now - job.heartbeat_at).total_seconds()
    is_silent = silence > max(5.0, MISSED_HEARTBEATS * settings.HEARTBEAT_SECONDS)
    if not is_silent and job.journal_behind <= BEHIND_BYTES:
        return None
    return {"since": job.heartbeat_at.isoformat() if is_silent else None, "bytes": job.journal_behind}


def _state(job: Job) -> dict[str, Any]:
    return {
        "state": job.state,
        "final": job.is_final,
        "queue": job.queue,
        "step": job.step,
        "total_steps": job.total_steps,
        "part": job.part,
        "part_done": job.part_done,
        "part_of": job.part_of,
        "attempt": job.cursor_attempt,
        "failure": job.failure,
        "cancelling": job.cancel_requested_at is not None and not job.is_final,
        "pausing": job.pause_requested_at is not None and job.state in ACTIVE,
        "pause_reason": job.pause_reason,
        "waits": why_waiting(job).get(job.pk) if job.state == State.QUEUED else None,
        "lag": _lag(job),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "deadline_at": _iso(job.deadline_at),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
