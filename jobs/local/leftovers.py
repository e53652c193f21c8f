"""Ending what a crashed tree left behind: by its records first, by the token in the environment last."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil

from jobs.local.child import wait_until
from jobs.local.home import Home
from jobs.local.lock import read_note
from jobs.local.records import Record, read_records

TOKEN_VARIABLE = "MTKD_TREE"  # noqa: S105 - a mark of descent, not a secret
STOP_ORDER = ("worker", "web", "broker", "database")
LEFTOVER_SECONDS = 15.0


def end_leftovers(home: Home) -> list[str]:
    """This will end every process that an earlier tree of this home left running and return their names.

    Call it only while holding the lock of the home. Workers come first: they can then still hand back jobs.
    """
    ended = []
    found = list(read_records(home.run)) if home.run.is_dir() else []
    for path, record in sorted(found, key=lambda pair: _place(pair[1].name)):
        if record.is_alive:
            _end(record)
            ended.append(record.name)
        path.unlink(missing_ok=True)
    note = read_note(home)
    if note is not None:
        ended += _end_descendants(note.token)
        (home.run / "tree.json").unlink(missing_ok=True)
    return ended


def _place(name: str) -> int:
    return next((place for place, start in enumerate(STOP_ORDER) if name.startswith(start)), 0)


def _end(record: Record) -> None:
    polite = signal.SIGINT if record.name == "database" else signal.SIGTERM
    for number in (polite, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(record.pid, number)
            else:
                os.kill(record.pid, number)
        if wait_until(lambda: not record.is_alive, seconds=LEFTOVER_SECONDS):
            return


def _end_descendants(token: str) -> list[str]:
    ended = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(TOKEN_VARIABLE) == token:
                ended.append(process.name())
                process.kill()
    return ended
