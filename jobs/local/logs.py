"""Logs of children: each writes its own file, and the tree shows all of them as one readable stream."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import IO

LARGEST_LOG_BYTES = 20 * 1024 * 1024
COLOURS = {"mtkd": "1", "database": "34", "broker": "35", "migrate": "36", "web": "32", "worker": "33"}
NAME_WIDTH = 9
# True, but of no use to a person who watches; the files keep them.
NOISE = (
    b"Memory overcommit must be enabled",
    b"the database system is starting up",
    b"Operations to perform:",
    b"Apply all migrations:",
    b"Running migrations:",
    b"No migrations to apply.",
)


class Console:
    """Writes lines with the name of their process in front, coloured where a person reads them."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._is_coloured = self._stream.isatty()

    def line(self, name: str, text: str) -> None:
        """This will write one line of the process called `name`."""
        front = f"{name:<{NAME_WIDTH}}|"
        colour = COLOURS.get(name.partition("-")[0])
        if self._is_coloured and colour:
            front = f"\x1b[{colour}m{front}\x1b[0m"
        print(front, text, file=self._stream, flush=True)


class LogTail:
    """Reads what is appended to one log file; starts at its present end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """This will return the whole lines written since the last call, and turn over an overgrown log."""
        if not self._path.exists():
            return []
        size = self._path.stat().st_size
        if size < self._offset:  # somebody emptied it
            self._offset, self._rest = 0, b""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._offset > LARGEST_LOG_BYTES:
            self._turn_over()
        return [line.decode(errors="replace").rstrip("\r") for line in lines if not _is_noise(line)]

    def _turn_over(self) -> None:
        # Writers append, so an emptied file goes on at its start; the descriptor stays theirs.
        shutil.copyfile(self._path, self._path.with_suffix(".log.1"))
        with self._path.open("r+b") as file:
            file.truncate(0)
        self._offset = 0


def _is_noise(line: bytes) -> bool:
    return not line.strip() or any(part in line for part in NOISE)
