"""Numbers about the whole installation, for monitoring: cheap however large the tables are.

What still waits or runs is counted by a partial index. What has ended, events and points are estimated from
the statistics that the database keeps for its planner.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max

from jobs.models import Attempt, Registration, RegistrationState, State, Worker
from jobs.queries.health import reaper_seconds
from jobs.queries.workers import alive

_OPEN = """
    SELECT queue, state, count(*), extract(epoch FROM now() - min(coalesce(queued_at, created_at)))
    FROM jobs_job WHERE finished_at IS NULL AND deleted_at IS NULL AND NOT elsewhere GROUP BY queue, state
"""
_ENDED = """
    SELECT value, greatest(reltuples, 0) * share
    FROM pg_stats, pg_class, unnest(most_common_vals::text::text[], most_common_freqs) AS common(value, share)
    WHERE schemaname = current_schema() AND tablename = 'jobs_job' AND attname = 'state'
      AND pg_class.oid = 'jobs_job'::regclass
"""
_SIZES = """
    SELECT pg_database_size(current_database()),
           greatest((SELECT reltuples FROM pg_class WHERE oid = 'jobs_event'::regclass), 0),
           greatest((SELECT reltuples FROM pg_class WHERE oid = 'jobs_metricchunk'::regclass), 0),
           (SELECT relpages FROM pg_class WHERE oid = 'jobs_metricchunk'::regclass)
"""
_SAMPLE = "SELECT avg(points) FROM jobs_metricchunk TABLESAMPLE SYSTEM (%s)"
_PAGES_LOOKED_AT = 50


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`jobs`: (queue, state) of what has not ended; `waiting_seconds`: of the oldest by queue; sizes are estimates."""

    jobs: dict[tuple[str, str], int]
    waiting_seconds: dict[str, float]
    registrations_waiting: int
    ended: dict[str, int]
    workers: dict[str, int]
    reaper_seconds: float | None
    recorder_behind_bytes: int
    events: int
    points: int
    database_bytes: int


def figures() -> Figures:
    """This will read them all."""
    still = _rows(_OPEN)
    size, events, chunks, pages = _rows(_SIZES)[0]
    ended = {value: round(count) for value, count in _rows(_ENDED)}
    behind = Attempt.objects.filter(job__state__in=("starting", "running"), ended_at=None)
    return Figures(
        jobs={(queue, state): count for queue, state, count, _ in still},
        waiting_seconds={queue: float(age) for queue, state, _, age in still if state == State.QUEUED},
        registrations_waiting=Registration.objects.filter(state=RegistrationState.QUEUED).count(),
        ended={state: ended.get(state, 0) for state in ("succeeded", "failed", "cancelled")},
        workers=_alive_by_queue(),
        reaper_seconds=reaper_seconds(),
        recorder_behind_bytes=behind.aggregate(most=Max("journal_behind"))["most"] or 0,
        events=round(events),
        points=_points(chunks, pages),
        database_bytes=size,
    )


def _points(chunks: float, pages: int) -> int:
    """Estimate by the points of the chunks on some pages: all of a small table, few of a large one."""
    share = 100.0 if pages <= _PAGES_LOOKED_AT else 100.0 * _PAGES_LOOKED_AT / pages
    mean = _rows(_SAMPLE, share)[0][0] if chunks else None
    return round(chunks * float(mean or 0))


def _alive_by_queue() -> dict[str, int]:
    lists = Worker.objects.filter(alive()).values_list("queues", flat=True)
    return dict(Counter(queue for queues in lists for queue in queues))


def _rows(statement: str, *given: float) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given or None)
        return list(cursor.fetchall())
