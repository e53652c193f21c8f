"""Whether the stored points of a job are what they must be; each violation is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from jobs.chunks import LAYOUT, Run, pack, unpack
from jobs.models import Checkpoint, Event, Job, MetricChunk
from jobs.summaries import summarise


def integrity(job_id: int) -> list[str]:
    """This will read all points of a job, one chunk at a time, and name what cannot be: [] when all is well."""
    job = Job.objects.get(pk=job_id)
    chunks = MetricChunk.objects.filter(job_id=job_id).select_related("attempt")
    ordered = chunks.order_by("metric", "seq_first", "pk").iterator(chunk_size=200)
    found: list[str] = []
    for _, of_metric in groupby(ordered, key=lambda chunk: chunk.metric):
        before: MetricChunk | None = None
        for chunk in of_metric:
            found += _of_chunk(chunk, job)
            if before is not None:
                found += _of_neighbours(before, chunk)
            before = chunk
    return [*found, *_of_events(job)]


def _of_chunk(chunk: MetricChunk, job: Job) -> Iterator[str]:
    name = f"{chunk.metric} [{chunk.seq_first}..{chunk.seq_last}]"
    try:
        run = unpack(
            chunk.data,
            layout=chunk.layout,
            points=chunk.points,
            step_first=chunk.step_first,
            seq_first=chunk.seq_first,
        )
    except (ValueError, IndexError, TypeError) as error:
        yield f"{name}: its bytes do not hold its {chunk.points} points ({error})."
        return
    if chunk.layout == LAYOUT and pack(run) != bytes(chunk.data):
        yield f"{name}: its bytes hold something else than its {chunk.points} points."
    if np.any(run.seqs[1:] <= run.seqs[:-1]):
        yield f"{name}: the numbers of its points do not rise."
    if (chunk.seq_first, chunk.seq_last) != (run.seqs[0], run.seqs[-1]):
        yield f"{name}: its points are numbered {run.seqs[0]}..{run.seqs[-1]}."
    if (chunk.step_first, chunk.step_last) != (run.steps.min(), run.steps.max()):
        yield f"{name}: its steps are not those of its row."
    if not np.array_equal((chunk.minimum, chunk.maximum), run.extremes(), equal_nan=True):
        yield f"{name}: its extremes are not those of its row."
    if chunk.seq_last > job.cursor_seq:
        yield f"{name}: it lies beyond the cursor, which is at {job.cursor_seq}."
    if chunk.job_id != chunk.attempt.job_id:
        yield f"{name}: its attempt is one of job {chunk.attempt.job_id}."
    yield from _of_summary(name, chunk, run)


def _of_summary(name: str, chunk: MetricChunk, run: Run) -> Iterator[str]:
    if chunk.summary is not None and bytes(chunk.summary) != summarise(run):
        yield f"{name}: its summary does not fit its points."
    if chunk.sealed and chunk.layout > 1 and chunk.summary is None:
        yield f"{name}: it is sealed and has no summary."
    if not chunk.sealed and chunk.attempt.ended_at is not None:
        yield f"{name}: it is open although attempt {chunk.attempt.number} has ended."


def _of_neighbours(before: MetricChunk, chunk: MetricChunk) -> Iterator[str]:
    if chunk.seq_first <= before.seq_last:
        yield (
            f"{chunk.metric}: the chunks [{before.seq_first}..{before.seq_last}] and "
            f"[{chunk.seq_first}..{chunk.seq_last}] overlap."
        )
    if chunk.attempt.number < before.attempt.number:
        yield f"{chunk.metric} [{chunk.seq_first}..]: an older attempt wrote it after a newer one."


def _of_events(job: Job) -> Iterator[str]:
    newest = Event.objects.filter(job=job).order_by("-seq").values_list("seq", flat=True).first()
    if newest is not None and newest > job.cursor_seq:
        yield f"Event {newest} lies beyond the cursor, which is at {job.cursor_seq}."
    number = 0
    for seq, attempt in Event.objects.filter(job=job).order_by("seq").values_list("seq", "attempt__number"):
        if attempt < number:
            yield f"Event {seq} is of attempt {attempt}, after one of attempt {number}."
        number = max(number, attempt)
    late = Checkpoint.objects.filter(job=job, seq__gt=job.cursor_seq).values_list("step", flat=True)
    yield from (f"The checkpoint of step {step} knows more than was recorded." for step in late)
