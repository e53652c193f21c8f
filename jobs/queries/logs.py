"""What the engines of a job printed, as far as the database keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from jobs.models import LogChunk

_BYTES = 1 << 40  # more than a log has
_CHUNKS_AT_ONCE = 16


@dataclass(frozen=True)
class Line:
    """One line; `byte` is where it begins in the log of its attempt (exact unless that holds broken text)."""

    attempt: int
    byte: int
    text: str

    @property
    def behind(self) -> int:
        """The cursor behind this line."""
        return self.attempt * _BYTES + self.byte + len(self.text.encode()) + 1


@dataclass(frozen=True)
class LogPage:
    """Some lines, and the cursor behind the last line looked at; `more` says that there are lines behind it."""

    lines: list[Line]
    after: int
    more: bool


def read_log(
    *, job_id: int, attempt: int | None = None, after: int = 0, search: str = "", limit: int = 1000
) -> LogPage:
    """This will read at most `limit` lines behind a cursor, oldest first: of all attempts, or of one by its number.

    With `search` only lines that contain it count, whatever their case. A cursor is that of an earlier page, 0 for
    the oldest line that is kept.
    """
    wanted = search.casefold()
    lines: list[Line] = []
    cursor = after
    for line in _lines(_chunks(job_id, attempt), after=after):
        if wanted in line.text.casefold():
            if len(lines) == limit:
                return LogPage(lines, cursor, more=True)
            lines.append(line)
        cursor = line.behind
    return LogPage(lines, cursor, more=False)


def tail_cursor(*, job_id: int, lines: int, attempt: int | None = None) -> int:
    """This will give the cursor behind which the newest `lines` lines are, or all when there are fewer."""
    newest = _chunks(job_id, attempt).order_by("-attempt__number", "-start")
    for number, start, text in newest.values_list("attempt__number", "start", "text").iterator():
        found = text.split("\n")
        if len(found) >= lines:
            passed = found[: len(found) - lines]
            return int(number * _BYTES + start + sum(len(line.encode()) + 1 for line in passed))
        lines -= len(found)
    return 0


def _chunks(job_id: int, attempt: int | None) -> QuerySet[LogChunk]:
    found = LogChunk.objects.filter(job_id=job_id)
    return found if attempt is None else found.filter(attempt__number=attempt)


def _lines(chunks: QuerySet[LogChunk], *, after: int) -> Iterator[Line]:
    """Give each line behind a cursor. Chunks may be joined meanwhile: it is the places of lines that count."""
    number, byte = divmod(after, _BYTES)
    while True:
        here = Q(attempt__number=number, start__gt=byte - F("size"))  # that is: it ends behind the byte
        behind = chunks.filter(Q(attempt__number__gt=number) | here)
        rows = list(
            behind.order_by("attempt__number", "start").values_list(
                "attempt__number", "start", "size", "text"
            )[:_CHUNKS_AT_ONCE]
        )
        for attempt, start, size, text in rows:
            place = start
            for line in text.split("\n"):
                if attempt > number or place >= byte:
                    yield Line(attempt, place, line)
                place += len(line.encode()) + 1
            number, byte = attempt, start + size
        if len(rows) < _CHUNKS_AT_ONCE:
            return
