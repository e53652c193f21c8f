"""The log of an engine while it grows: bounded on disk, read by position in all that was ever printed."""

from __future__ import annotations

from pathlib import Path

_SHARE = 8  # of the room: head and tail each keep this part of it


class LogFile:
    """What an engine prints, by position; of a log that grew too large the file keeps only head and tail.

    The engine appends to the file all the time, so it is shortened in place, never replaced. Positions count what
    was printed: they stay true when the middle goes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._head: int | None = None
        self._tail_at = 0
        self._shift = 0

    def end(self) -> int:
        """This will give the number of bytes printed so far, 0 when there is no log."""
        try:
            return self._path.stat().st_size + self._shift
        except OSError:
            return 0

    def read(self, position: int, *, most: int) -> tuple[int, bytes]:
        """This will read from a position on, or from the next one that the file still has, which comes first."""
        begin = position
        if self._head is not None and position >= self._head:
            begin = max(position, self._tail_at)
        elif self._head is not None:
            most = min(most, self._head - position)
        with self._path.open("rb") as file:
            file.seek(begin - (self._shift if begin >= self._tail_at else 0))
            return begin, file.read(most)

    def bound(self, most: int) -> None:
        """This will cut the middle out of a file of more than `most` bytes, and say there how much is missing."""
        try:
            size = self._path.stat().st_size
        except OSError:
            return
        if size <= most:
            return
        with self._path.open("r+b") as file:
            if self._head is None:
                head = file.read(most // _SHARE)
                self._head = head.rfind(b"\n") + 1 or len(head)
            file.seek(size - most // _SHARE)
            tail = file.read()
            tail = tail[tail.find(b"\n") + 1 :]
            self._tail_at = file.tell() + self._shift - len(tail)
            notice = f"... {self._tail_at - self._head:,} bytes of this log are left out here ...\n".encode()
            self._shift = self._tail_at - self._head - len(notice)
            file.truncate(self._head)
        with self._path.open("ab") as file:
            file.write(notice + tail)
