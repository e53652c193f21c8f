"""Events to and from an append-only file, one JSON object a line; torch-free."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mtkd_engine.events import Event, from_payload, to_payload


@dataclass(frozen=True)
class Recorded:
    """One line of a journal: its number, its wall clock in ms, the event, and where the line ends."""

    seq: int
    time_ms: int
    event: Event
    end: int
    payload: dict[str, Any]


class Journal:
    """Appends events to a file, from any thread; what `append` returned for has reached the kernel."""

    def __init__(self, path: Path, *, first_seq: int = 1) -> None:
        """This will open (or continue) a journal; a half-written last line is cut off first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.next_seq = first_seq
        if path.exists():
            end = 0
            for line in read(path):
                end = line.end
                self.next_seq = max(self.next_seq, line.seq + 1)
            os.truncate(path, end)
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._end = os.fstat(self._fd).st_size
        self._alone = threading.Lock()

    def append(self, event: Event) -> int:
        """This will write one event and return its seq; an OSError leaves nothing of it behind."""
        payload = to_payload(event)
        with self._alone:
            seq = self.next_seq
            body = {"seq": seq, "t": time.time_ns() // 1_000_000, **payload}
            self._write(json.dumps(body, separators=(",", ":"), allow_nan=False).encode() + b"\n")
            self.next_seq = seq + 1
        return seq

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._fd, line)
            while written < len(line):  # a full disk or a signal can cut a write short
                written += os.write(self._fd, line[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end)
            raise
        self._end += len(line)

    def sync(self) -> None:
        """This will force what was appended to the disk; call it before a checkpoint is written."""
        os.fsync(self._fd)

    def close(self) -> None:
        """This will sync and close the file."""
        os.fsync(self._fd)
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(path: Path, offset: int = 0, *, limit: int | None = None) -> Iterator[Recorded]:
    """This will yield the complete lines after a byte offset, at most `limit` of them.

    An incomplete last line is left for later: `Recorded.end` never passes it. Raises ValueError with file
    and offset when a complete line is not an event.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for count, line in enumerate(file):
            if not line.endswith(b"\n") or (limit is not None and count >= limit):
                return
            start, offset = offset, offset + len(line)
            try:
                payload = json.loads(line)
                yield Recorded(payload["seq"], payload["t"], from_payload(payload), offset, payload)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{path.name}: the line at byte {start} is not an event ({error})."
                ) from None
