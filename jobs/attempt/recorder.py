"""Journal to rows: each flush is one transaction that moves the cursor together with what it read.

The cursor never passes an incomplete line, so whatever dies at whatever moment, every line becomes rows
exactly once. The first statement of the transaction compares the fence: a worker that lost its job writes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction

from jobs import storable
from jobs.attempt.lines import Lines, read_lines
from jobs.chunks import Run
from jobs.models import Attempt, Event, Job, State
from jobs.notify import notify
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.operations.metrics import MetricWriter
from mtkd_engine import events as said
from mtkd_engine.journal import Recorded

JOURNAL = "journal.jsonl"
LINES_AT_ONCE = 2000
_NOT_PAYLOAD = ("seq", "t", "kind")


@dataclass
class Batch:
    """What some lines of a journal become."""

    events: list[Event] = field(default_factory=list)
    points: dict[str, Run] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    attempt: dict[str, Any] = field(default_factory=dict)


class Recorder:
    """Follows the journal of one attempt, on behalf of a claim (of this attempt or of a later one)."""

    def __init__(self, *, claim: Claim, attempt: Attempt) -> None:
        self._claim = claim
        self._attempt = attempt
        # The journal's times are the worker's, whose clock may be wrong; the attempt began at the database's time.
        self._started_ms = int(attempt.started_at.timestamp() * 1000)
        self._clock_ms = self._started_ms if attempt.clock_ms is None else attempt.clock_ms
        self._metrics = MetricWriter(job_id=claim.job_id, attempt_id=attempt.pk)
        self._path = Path(attempt.folder) / JOURNAL
        self._cursor: tuple[int, int] | None = None
        self.last_word: said.Event | None = None

    def has_more(self) -> bool:
        """This will tell, without the database, whether the journal has grown since the last flush."""
        try:
            size = self._path.stat().st_size
        except OSError:
            return False
        return self._cursor is None or size > self._cursor[0]

    def flush(self, *, tell: bool = True) -> int:
        """This will record the complete lines after the cursor, at most 2,000, and return how many.

        `tell` says whether listeners are told. Raises FencedOutError, a database's error (the next call
        starts again from the stored cursor) or ValueError for a line that is no event.
        """
        if self._cursor is None:
            self._cursor = self._stored_cursor()
        offset, seq = self._cursor
        lines = read_lines(
            self._path, offset=offset, after_seq=seq, limit=LINES_AT_ONCE, clock_ms=self._clock_ms
        )
        if not lines.count:
            return 0
        batch = self._batch(lines)
        try:
            self._store(batch, start=offset, end=(lines.end, lines.seq), tell=tell)
        except (DatabaseError, InterfaceError, FencedOutError):
            self._cursor = None  # whether the transaction was committed is not known here
            self._metrics.forget()
            raise
        self._cursor = (lines.end, lines.seq)
        return lines.count

    def _stored_cursor(self) -> tuple[int, int]:
        row = held(self._claim).values_list("cursor_attempt", "cursor_offset", "cursor_seq").first()
        if row is None:
            raise FencedOutError
        attempt, offset, seq = row
        assert attempt == self._attempt.number, "the cursor stands in another attempt's journal"
        return offset, seq

    def _batch(self, lines: Lines) -> Batch:
        batch = Batch(points=lines.points)
        if lines.step is not None:
            batch.job["step"] = lines.step
        for line in lines.events:
            if not isinstance(line.event, said.Progressed):  # only the newest of these is of use
                batch.events.append(self._row(line))
            self._note(line.event, batch)
        return batch

    def _note(self, event: said.Event, batch: Batch) -> None:
        match event:
            case said.Started():
                batch.job |= {"state": State.RUNNING, "total_steps": event.total_steps}
                batch.attempt |= {"threads": event.threads, "device": event.device}
            case said.Entered():
                batch.job |= {"part": event.part[:40], "part_done": 0, "part_of": 0}
            case said.Progressed():
                batch.job |= {"part_done": max(0, event.done), "part_of": max(0, event.of)}
            case said.Checkpointed():
                batch.attempt |= {"checkpoint_step": event.step, "checkpoint_path": event.path}
            case said.Finished() | said.Failed() | said.Stopped():
                self.last_word = event

    def _row(self, line: Recorded) -> Event:
        payload = {key: value for key, value in line.payload.items() if key not in _NOT_PAYLOAD}
        return Event(
            job_id=self._claim.job_id,
            attempt=self._attempt,
            seq=line.seq,
            kind=line.event.kind,
            step=getattr(line.event, "step", None),
            payload=storable.data(payload),
            at=datetime.fromtimestamp((self._started_ms + line.time_ms - self._clock_ms) / 1000, UTC),
        )

    @transaction.atomic
    def _store(self, batch: Batch, *, start: int, end: tuple[int, int], tell: bool) -> None:
        moved = held(self._claim).filter(cursor_attempt=self._attempt.number, cursor_offset=start)
        if not moved.update(cursor_offset=end[0], cursor_seq=end[1], **batch.job):
            raise FencedOutError
        Event.objects.bulk_create(batch.events)
        self._metrics.write(batch.points)
        if batch.attempt:
            Attempt.objects.filter(pk=self._attempt.pk).update(**batch.attempt)
        if tell:
            notify(job_id=self._claim.job_id, is_record=True)


@transaction.atomic
def open_journal(*, claim: Claim) -> int:
    """This will move the cursor to the start of the claim's own journal and return its first seq."""
    if not held(claim).update(cursor_attempt=claim.number, cursor_offset=0):
        raise FencedOutError
    return Job.objects.values_list("cursor_seq", flat=True).get(pk=claim.job_id) + 1
