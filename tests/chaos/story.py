"""What is seen of one job while things break: fences, attempts, engines, and what moved that had to stand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Sum

from jobs.models import Attempt, Checkpoint, Event, Job, MetricChunk
from tests.chaos.arena import Arena, Machine
from tests.chaos.processes import engines_below

ENGINE_LEFT_SECONDS = 20.0
_SCAN_SECONDS = 0.3
T = TypeVar("T")


def ask(question: Callable[[], T]) -> T | None:
    """This will ask the database, or return None while it is away."""
    try:
        return question()
    except (DatabaseError, InterfaceError):
        connection.close()
        return None


def insist(question: Callable[[], T], *, seconds: float = 30.0) -> T:
    """This will ask the database until it answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return question()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@dataclass
class Loss:
    """A moment at which training stopped; `back` is when a later attempt's first point was recorded."""

    at: float
    kind: str
    fence: int
    back: float | None = None


@dataclass
class Story:
    """The job of one schedule as it goes; `look` takes it in, again and again."""

    arena: Arena
    job_id: int
    job: Job | None = None
    attempts: list[Attempt] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    longest_leftover: float = 0.0
    machines: set[str] = field(default_factory=set)
    _closed: dict[int, tuple[str, object]] = field(default_factory=dict)
    _kept: dict[int, tuple[int, int]] = field(default_factory=dict)
    _superseded: dict[int, float] = field(default_factory=dict)
    _published: set[tuple[int, str]] = field(default_factory=set)
    _scan_at: float = 0.0

    def look(self) -> None:
        """This will take in how things stand; while the database is away, only the processes."""
        rows = ask(self._read)
        if rows is not None:
            ask(self._look_at_checkpoints)
            self._compare(*rows)
            self.job, self.attempts = rows
            self._notice_recovery()
        now = time.monotonic()
        if now >= self._scan_at:
            self._scan_at = now + _SCAN_SECONDS
            self._watch_engines(now)

    @property
    def is_over(self) -> bool:
        return self.job is not None and self.job.is_final

    @property
    def step(self) -> int:
        return self.job.step if self.job is not None else 0

    @property
    def fence(self) -> int:
        return self.job.fence if self.job is not None else 0

    def holder(self) -> Machine | None:
        """This will find the machine that holds the job now."""
        if self.job is None or not self.attempts or self.job.state not in {"starting", "running"}:
            return None
        return self.arena.machine_of(self.attempts[-1].folder)

    def stopped_training(self, kind: str) -> None:
        """This will note that a fault has just stopped the training of the present attempt."""
        self.losses.append(Loss(at=time.monotonic(), kind=kind, fence=self.fence))

    def check_what_stands(self) -> None:
        """This will compare once more what has to have stood since its attempt was over."""
        for number, kept in self._kept.items():
            found = self._rows_of(number)
            if found != kept:
                self._complain(f"attempt {number} was over with {kept} events and points and now has {found}")

    def _read(self) -> tuple[Job, list[Attempt]]:
        job = Job.objects.get(pk=self.job_id)
        return job, list(job.attempts.order_by("number"))

    def _compare(self, job: Job, attempts: list[Attempt]) -> None:
        if self.job is not None and (job.fence, job.cursor_seq) < (self.job.fence, self.job.cursor_seq):
            self._complain(f"fence or cursor went back to {job.fence}, {job.cursor_seq}")
        for attempt in attempts:
            number = attempt.number
            if attempt.ended_at is not None:
                state = (attempt.outcome, attempt.ended_at)
                if self._closed.setdefault(number, state) != state:
                    self._complain(f"attempt {number} ended as {self._closed[number][0]} and then {state[0]}")
                    self._closed[number] = state
            if attempt.ended_at is not None or attempt.fence < job.fence:
                self._superseded.setdefault(number, time.monotonic())
            if number < job.cursor_attempt and number not in self._kept:
                kept = ask(lambda number=number: self._rows_of(number))  # type: ignore[misc]
                if kept is not None:
                    self._kept[number] = kept

    def _look_at_checkpoints(self) -> None:
        """Published ones are removed again: each is compared with what its attempt said as soon as it is seen."""
        for row in Checkpoint.objects.filter(job_id=self.job_id).select_related("attempt"):
            mark = (row.seq, row.blob_id)
            if mark in self._published:
                continue
            self._published.add(mark)
            if row.attempt.number in self._closed:
                self._complain(f"the checkpoint of step {row.step} came after its attempt had ended")
            for sentence in wrong_checkpoint(row):
                self._complain(sentence)

    def _rows_of(self, number: int) -> tuple[int, int]:
        events = Event.objects.filter(job_id=self.job_id, attempt__number=number).count()
        chunks = MetricChunk.objects.filter(job_id=self.job_id, attempt__number=number)
        return events, chunks.aggregate(points=Sum("points"))["points"] or 0

    def _notice_recovery(self) -> None:
        waiting = [loss for loss in self.losses if loss.back is None]
        if not waiting or self.job is None:
            return
        current = [attempt for attempt in self.attempts if attempt.fence == self.job.fence]
        if current and ask(lambda: MetricChunk.objects.filter(attempt=current[-1]).exists()):
            for loss in waiting:
                if current[-1].fence > loss.fence:
                    loss.back = time.monotonic()

    def _watch_engines(self, now: float) -> None:
        for machine in self.arena.machines:
            folder = machine.disk / "work" / "jobs" / str(self.job_id)
            for pid, line in engines_below(folder).items():
                number = _attempt_in(line, folder)
                self.machines.add(machine.name)
                over = self._superseded.get(number)
                if over is None or machine.sound_since is None:
                    continue
                leftover = now - max(over, machine.sound_since)
                self.longest_leftover = max(self.longest_leftover, leftover)
                if leftover > ENGINE_LEFT_SECONDS:
                    self._complain(f"engine {pid} of attempt {number} lives on after its fence")

    def _complain(self, sentence: str) -> None:
        if sentence not in self.complaints:
            self.complaints.append(sentence)


def wrong_checkpoint(row: Checkpoint) -> list[str]:
    """This will compare a published checkpoint with what its attempt said of it."""
    told = Event.objects.filter(attempt_id=row.attempt_id, seq=row.seq, kind="checkpointed").first()
    if told is None or (told.payload["sha256"], told.step) != (row.blob_id, row.step):
        return [f"the published checkpoint of step {row.step} is not what its attempt said"]
    return []


def _attempt_in(command: str, folder: Path) -> int:
    return int(command.partition(f" run {folder}/attempt-")[2].partition("/")[0])
