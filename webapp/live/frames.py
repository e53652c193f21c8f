"""What a socket is sent: everything of a job after a cursor, as one JSON-safe frame.

seq      the newest number that the frame covers; the next frame starts behind it
after    the number it starts behind
replace  true when the curves were thinned out and replace what the reader had
more     true when there is more to read at once
job      state and progress
events   what the engine said, oldest first
points   metric -> steps and values; points from their first step on replace older ones (a resumed
         attempt repeats the steps after its checkpoint); numbers that are not finite are strings
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jobs.models import Event, Job
from jobs.queries import history

FAR_BEHIND = 2_000
EVENTS_AT_ONCE = 500
NO_LIMIT = 10**7  # FAR_BEHIND bounds a tail: each number is one step of the engine
NOT_SHOWN = frozenset({"checkpointed", "metrics"})


def read_frame(*, job_id: int, after: int, px: int) -> dict[str, Any]:
    """This will read the next frame behind `after`.

    The job's row is read first: its cursor commits together with the rows it counts, so all of them are seen.
    """
    job = Job.objects.only(*_STATE_FIELDS).get(pk=job_id)
    latest = max(job.cursor_seq, history.latest_seq(job_id))
    frame: dict[str, Any] = {
        "after": after,
        "seq": latest,
        "replace": False,
        "more": False,
        "job": _state(job),
    }
    events: list[Event] = []
    points: dict[str, Any] = {}
    if latest > after and (after == 0 or latest - after > FAR_BEHIND):
        frame["replace"] = True
        events = _newest_events(job_id)
        found = history.series(job_id=job_id, px=px)
        points = {metric: _curve(curve) for metric, curve in found.items()}
    elif latest > after:
        events = history.events_after(job_id=job_id, seq=after, limit=EVENTS_AT_ONCE)
        tail = history.points_after(job_id=job_id, seq=after, limit_points=NO_LIMIT)
        points = {metric: _curve(run) for metric, run in tail.items()}
        if len(events) == EVENTS_AT_ONCE:  # then points beyond the last event come twice, which does no harm
            frame["seq"] = min(latest, events[-1].seq)
        frame["more"] = frame["seq"] < latest
    frame["events"] = [event_as_dict(event) for event in events if event.kind not in NOT_SHOWN]
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


def _curve(curve: history.Series | history.Points) -> dict[str, Any]:
    return {"steps": curve.steps.tolist(), "values": spell(curve.values)}


_STATE_FIELDS = (
    "state",
    "step",
    "total_steps",
    "part",
    "created_at",
    "started_at",
    "finished_at",
    "cancel_requested_at",
    "failure",
    "failure_cause",
    "cursor_attempt",
    "cursor_seq",
)


def _state(job: Job) -> dict[str, Any]:
    return {
        "state": job.state,
        "final": job.is_final,
        "step": job.step,
        "total_steps": job.total_steps,
        "part": job.part,
        "attempt": job.cursor_attempt,
        "failure": job.failure,
        "cancelling": job.cancel_requested_at is not None and not job.is_final,
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
