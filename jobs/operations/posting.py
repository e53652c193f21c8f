"""Points of a job trained elsewhere, posted in batches: all of a batch, or nothing of it.

The offset of a job counts the points it has. Who posts with an offset posts exactly once, however often the answer
gets lost: a batch that was taken is refused with the offset behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from numpy.typing import NDArray

from jobs.chunks import Run
from jobs.models import Attempt, Job, User
from jobs.notify import notify
from jobs.operations.elsewhere import next_attempt, next_sign_of_life
from jobs.operations.errors import TooLateToPost, UnableToPost
from jobs.operations.metrics import MetricWriter
from jobs.queries.curves import LAST_STEP, SYSTEM

MOST_METRICS, LONGEST_METRIC, LAST_MS = 1_000, 400, 2**42
_LAST_STEPS = """
SELECT name, (
    SELECT step_last FROM jobs_metricchunk
    WHERE job_id = %s AND metric = name AND attempt_id = %s ORDER BY seq_first DESC LIMIT 1
) FROM unnest(%s::text[]) name
"""


@dataclass(frozen=True)
class Posted:
    """Points of one metric as they were given; times in ms since 1970, None for "now"."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64] | None = None


@transaction.atomic
def post_points(*, job: Job, user: User, points: Mapping[str, Posted], offset: int | None = None) -> int:
    """This will store a batch and return the offset behind it; one without points only says that all is well.

    The steps of a metric must not fall within a batch. Where a batch begins below the last step of one of its
    metrics, the training has gone back: a new attempt begins, whose points mask what it repeats, as for a job of
    ours that resumes. Raises UnableToPost.
    """
    del user
    _check(points)
    row = Job.objects.select_for_update().filter(pk=job.pk, deleted_at__isnull=True).first()
    if row is None or not row.elsewhere or row.is_final:
        raise TooLateToPost(_why_not(job, row))
    if offset is not None and offset != row.cursor_offset:
        raise UnableToPost(
            f"offset: given {offset}, but job {row.pk} has {row.cursor_offset} points; go on from there.",
            fields={"offset": f"given {offset}, accepted is {row.cursor_offset}."},
            offset=row.cursor_offset,
        )
    filled = {name: found for name, found in points.items() if len(found.steps)}
    attempt = _attempt(row, filled)
    began_ms = _began_ms(row, attempt, filled)
    now_ms = _now_ms()
    MetricWriter(job_id=row.pk, attempt_id=attempt.pk).write(
        {name: _run(found, row.cursor_seq, began_ms, now_ms) for name, found in filled.items()}
    )
    taken = row.cursor_offset + sum(len(found.steps) for found in filled.values())
    changes: dict[str, object] = {"cursor_offset": taken, "lease_until": next_sign_of_life()}
    changes["cursor_seq"] = row.cursor_seq + max((len(found.steps) for found in filled.values()), default=0)
    reached = [int(found.steps[-1]) for name, found in filled.items() if not name.startswith(SYSTEM)]
    if reached:
        changes["step"] = max(reached)
    Job.objects.filter(pk=row.pk).update(**changes)
    Attempt.objects.filter(pk=attempt.pk).update(heartbeat_at=Now())
    notify(job_id=row.pk)
    return taken


def _why_not(job: Job, row: Job | None) -> str:
    if row is None:
        return f"Job {job.pk} was deleted."
    if not row.elsewhere:
        return f"Job {row.pk} is trained by a worker, which records its points; nobody else can post them."
    return f"Job {row.pk} has ended ({row.state}); its points are taken no more."


def _check(points: Mapping[str, Posted]) -> None:
    fields: dict[str, str] = {}
    if len(points) > MOST_METRICS:
        fields["metrics"] = f"given {len(points)} metrics, accepted are {MOST_METRICS} at once."
    for name, posted in points.items() if not fields else ():
        shown = name if name.isprintable() and len(name) <= 80 else repr(name[:80])
        sentence = _name_problem(name) or _problem(posted)
        if sentence:
            fields[f"metrics.{shown}"] = sentence
    if fields:
        raise UnableToPost(
            " ".join(f"{path}: {text}" for path, text in list(fields.items())[:5]), fields=fields
        )


def _name_problem(name: str) -> str | None:
    if name.strip() and len(name) <= LONGEST_METRIC and name.isprintable():
        return None
    return f"accepted is a name of 1 to {LONGEST_METRIC} printable characters."


def _problem(posted: Posted) -> str | None:
    steps, times = posted.steps, posted.times_ms
    lengths = [len(steps), len(posted.values), *([] if times is None else [len(times)])]
    if len(set(lengths)) > 1:
        named = ", ".join(
            f"{n} {what}" for n, what in zip(lengths, ("steps", "values", "times"), strict=False)
        )
        return f"given {named}; accepted are as many of each."
    if not len(steps):
        return None
    if steps.min() < 0 or steps.max() > LAST_STEP:
        return f"given steps from {steps.min()} to {steps.max()}, accepted are 0 to {LAST_STEP}."
    if times is not None and (times.min() < 0 or times.max() > LAST_MS):
        return f"accepted are times in milliseconds since 1970, 0 to {LAST_MS}."
    falls = np.flatnonzero(steps[1:] < steps[:-1])
    if len(falls):
        at = int(falls[0])
        return (
            f"step {steps[at + 1]} comes after step {steps[at]}; accepted are steps that do not fall. After going "
            "back to a checkpoint, begin a new batch."
        )
    return None


def _attempt(row: Job, points: Mapping[str, Posted]) -> Attempt:
    last = row.attempts.order_by("-number").first()
    assert last is not None
    own = {name: found for name, found in points.items() if not name.startswith(SYSTEM)}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_STEPS, [row.pk, last.pk, list(own)])
        reached = {name: step for name, step in cursor.fetchall() if step is not None}
    back = [int(own[name].steps[0]) for name, step in reached.items() if own[name].steps[0] < step]
    return next_attempt(row, last, step=min(back)) if back else last


def _began_ms(row: Job, attempt: Attempt, points: Mapping[str, Posted]) -> int:
    """When the attempt began: where old training is told afterwards, with its first point."""
    began = int(attempt.started_at.timestamp() * 1000)
    told = [int(found.times_ms.min()) for found in points.values() if found.times_ms is not None]
    is_new = not attempt.chunks.exists()
    if not is_new or not told or min(told) >= began:
        return began
    began = min(told)
    at = datetime.fromtimestamp(began / 1000, UTC)
    Attempt.objects.filter(pk=attempt.pk).update(started_at=at)
    if attempt.number == 1:
        Job.objects.filter(pk=row.pk).update(started_at=at)
    return began


def _run(posted: Posted, cursor_seq: int, began_ms: int, now_ms: int) -> Run:
    count = len(posted.steps)
    times = np.full(count, now_ms, np.int64) if posted.times_ms is None else posted.times_ms
    seqs = np.arange(cursor_seq + 1, cursor_seq + 1 + count, dtype=np.int64)
    return Run(seqs, posted.steps, posted.values, times - began_ms)


def _now_ms() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        (now,) = cursor.fetchone() or (0,)
    return int(now)
