"""Curves of metrics for charts: of one job or of many, in one query.

A chart of few points reads them all. One of many reads the summaries of 64 points each, or those of whole chunks
where these are enough: it has at least half of the ranges it asked for, and each of them is true. Only chunks that
an end of the asked range or a mask runs through are read in full. So a chart of a million points costs about
what one of a hundred thousand does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from jobs.chunks import Run, join, unpack
from jobs.queries.thinning import buckets_of, choose, thin
from jobs.summaries import BLOCK, RECORD, Candidates, candidates, records_of

SYSTEM = "system/"  # by time: no attempt masks what was measured on another's machine
LAST_STEP = 2**31 - 1

_QUERY = """
WITH part AS (
    SELECT job_id, metric, attempt_id, min(step_first) AS step_first,
        count(*) FILTER (WHERE step_last >= %(low)s::int AND step_first <= %(high)s::int) AS chunks,
        sum(points) FILTER (WHERE step_last >= %(low)s::int AND step_first <= %(high)s::int) AS points
    FROM jobs_metricchunk
    WHERE job_id = ANY(%(jobs)s::bigint[]) AND (%(metrics)s::text[] IS NULL OR metric = ANY(%(metrics)s::text[]))
    GROUP BY job_id, metric, attempt_id
), seen AS (
    SELECT p.job_id, p.metric, p.attempt_id, (extract(epoch FROM a.started_at) * 1000)::bigint AS began,
        CASE
            WHEN starts_with(p.metric, %(system)s::text) THEN NULL
            WHEN a.is_void THEN 0
            ELSE min(p.step_first) FILTER (WHERE NOT a.is_void) OVER (
                PARTITION BY p.job_id, p.metric ORDER BY a.number
                ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            )
        END AS masked_from,
        row_number() OVER () AS id,
        sum(p.points) OVER curve <= %(exact)s::float8 AS is_short,
        sum(p.chunks) OVER curve >= %(coarse)s::float8 AS is_long
    FROM part p JOIN jobs_attempt a ON a.id = p.attempt_id
    WINDOW curve AS (PARTITION BY p.job_id, p.metric)
), piece AS MATERIALIZED (
    SELECT s.id AS seen, c.id, c.layout, c.points, c.step_first, c.seq_first, c.seq_last,
        CASE WHEN f.in_full THEN c.data END AS data,
        CASE
            WHEN f.in_full THEN NULL
            WHEN s.is_long THEN substr(c.summary, 1, %(record)s::int)
            ELSE substr(c.summary, %(record)s::int + 1)
        END AS summary
    FROM seen s
    JOIN jobs_metricchunk c ON c.job_id = s.job_id AND c.metric = s.metric AND c.attempt_id = s.attempt_id
    CROSS JOIN LATERAL (
        SELECT s.is_short OR NOT c.sealed OR c.layout = 1 OR c.step_first < %(low)s::int OR c.step_last > %(high)s::int
            OR coalesce(c.step_last >= s.masked_from, false) AS in_full
    ) f
    WHERE c.step_last >= %(low)s::int AND c.step_first <= %(high)s::int
        AND (s.masked_from IS NULL OR c.step_first < s.masked_from)
)
SELECT s.job_id, s.metric, s.began, g.seq_last, s.masked_from, g.layout, g.points, g.step_first, g.seq_first,
    g.data, g.summary
FROM seen s JOIN (
    SELECT seen, min(layout) AS layout, sum(points)::int AS points, min(step_first) AS step_first,
        min(seq_first) AS seq_first, max(seq_last) AS seq_last, string_agg(data, '') AS data,
        string_agg(summary, '' ORDER BY seq_first) AS summary
    FROM piece GROUP BY seen, CASE WHEN summary IS NULL THEN id END
) g ON g.seen = s.id
ORDER BY g.seq_first
"""  # each chunk that is read in full is a row; summaries that follow each other are one


@dataclass(frozen=True)
class Series:
    """A curve for a chart, times in ms since 1970; `last_seq` is the newest number it holds or has thinned out."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64]
    last_seq: int


@dataclass(frozen=True)
class _Piece:
    """What one row gives: points that may be seen, or the records of a summary, and their newest number."""

    began: int
    last_seq: int
    run: Run | None
    summary: bytes


def read_curves(
    *,
    job_ids: Sequence[int],
    metrics: Sequence[str] | None = None,
    px: int | None = None,
    step_from: int | None = None,
    step_to: int | None = None,
) -> dict[tuple[int, str], Series]:
    """This will read curves by (job, metric), of all metrics when None is named, in one query.

    Steps of both ends are included. More than `px` points are thinned to first, last, lowest and highest of
    `px` ranges of steps (of times, for metrics of the system), and the first of each kind of non-finite value.
    """
    low, high = step_from or 0, LAST_STEP if step_to is None else step_to
    asked = {
        "jobs": list(job_ids),
        "metrics": None if metrics is None else list(metrics),
        "low": low,
        "high": high,
        "system": SYSTEM,
        "record": RECORD.itemsize,
        "coarse": (px or 0) / 2,
        "exact": 2**62 if px is None else px * BLOCK / 2,
    }
    pieces: dict[tuple[int, str], list[_Piece]] = defaultdict(list)
    for job_id, metric, *row in _rows(asked):
        piece = _piece(row, low, high)
        if piece is not None:
            pieces[job_id, metric].append(piece)
    return {
        curve: _series(found, px=px, by_time=curve[1].startswith(SYSTEM)) for curve, found in pieces.items()
    }


def _rows(asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    # Bytes come as they are, not as text of twice the size.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(_QUERY, asked, binary=True).fetchall()


def _piece(row: list[Any], low: int, high: int) -> _Piece | None:
    began, seq_last, masked_from, layout, points, step_first, seq_first, data, summary = row
    if data is None:
        return _Piece(began, seq_last, None, summary)
    run = unpack(data, layout=layout, points=points, step_first=step_first, seq_first=seq_first)
    if masked_from is not None:
        high = min(high, masked_from - 1)
    if run.steps.min() < low or run.steps.max() > high:
        run = run[(run.steps >= low) & (run.steps <= high)]
    return _Piece(began, int(run.seqs[-1]), run, b"") if len(run) else None


def _series(pieces: list[_Piece], *, px: int | None, by_time: bool) -> Series:
    last_seq = pieces[-1].last_seq
    if all(piece.run is not None for piece in pieces):
        run = join([piece.run for piece in pieces if piece.run is not None])
        times = run.times_ms + _began(pieces, [len(piece.run) for piece in pieces if piece.run is not None])
        if px is None or len(run) <= px:
            return Series(run.steps, run.values, times, last_seq)
        chosen = thin(times if by_time else run.steps, run.values, buckets=px)
        return Series(run.steps[chosen], run.values[chosen], times[chosen], last_seq)
    assert px is not None
    return _of_summaries(pieces, px=px, by_time=by_time, last_seq=last_seq)


def _of_summaries(pieces: list[_Piece], *, px: int, by_time: bool, last_seq: int) -> Series:
    written = [piece.summary if piece.run is None else records_of(piece.run).tobytes() for piece in pieces]
    records = np.frombuffer(b"".join(written), RECORD)
    began = _began(pieces, [len(part) // RECORD.itemsize for part in written])
    points = candidates(records)
    places = records["times"][:, 0] + began if by_time else records["steps"][:, 0].astype(np.int64)
    chosen = choose(buckets_of(places, buckets=px)[points.record], points.values)
    times = points.times_ms + began[points.record]
    order = chosen[np.lexsort((times[chosen], points.steps[chosen], points.record[chosen]))]
    order = order[_differs(points, order)]
    return Series(points.steps[order], points.values[order], times[order], last_seq)


def _began(pieces: list[_Piece], lengths: list[int]) -> NDArray[np.int64]:
    return np.repeat(np.array([piece.began for piece in pieces], np.int64), lengths)


def _differs(points: Candidates, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """A point that is two things in its record, first and lowest say, is drawn once."""
    same = np.ones(len(order) - 1, bool)
    for known in (points.steps, points.times_ms, points.values.view(np.int64)):
        column = known[order]
        same &= column[1:] == column[:-1]
    return np.concatenate(([True], ~same))
