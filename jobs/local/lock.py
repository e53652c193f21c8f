"""One tree per home: a lock that the kernel takes back from the dead, and what its holder says of itself."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO

from jobs.local.home import Home, LocalError
from jobs.local.records import Record, record_of


class AlreadyRunningError(LocalError):
    """Another process runs the tree of this home."""


@dataclass(frozen=True, kw_only=True)
class TreeNote:
    """What a tree tells later commands: its process, the mark that its processes carry, and its address."""

    owner: Record
    token: str
    url: str = ""


class HomeLock:
    """A context in which this process alone may run servers in the home, or AlreadyRunningError."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file: IO[str] | None = None

    def __enter__(self) -> HomeLock:
        self._file = (self._home.run / "lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            note = read_note(self._home)
            where = f" at {note.url}" if note and note.url else ""
            raise AlreadyRunningError(f"mtkd is already running{where} in {self._home.root}.") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def is_locked(home: Home) -> bool:
    """This will tell whether a living process runs the tree of this home."""
    try:
        with (home.run / "lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_note(*, home: Home, token: str, url: str = "") -> None:
    """This will tell later commands that this process runs the tree; `url` is known once the web answers."""
    note = TreeNote(owner=record_of(name="up", pid=os.getpid()), token=token, url=url)
    draft = home.run / f"tree.{os.getpid()}"
    draft.write_text(json.dumps(asdict(note)))
    draft.chmod(0o600)
    draft.replace(home.run / "tree.json")


def read_note(home: Home) -> TreeNote | None:
    """This will return what the last tree wrote, or None when it wrote nothing or left cleanly."""
    try:
        found = json.loads((home.run / "tree.json").read_text())
        return TreeNote(owner=Record(**found["owner"]), token=found["token"], url=found["url"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
