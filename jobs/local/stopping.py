"""Ending a tree from outside: what `manage.py down` does."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal

from jobs.local.child import wait_until
from jobs.local.home import Home, LocalError
from jobs.local.leftovers import end_leftovers
from jobs.local.lock import HomeLock, is_locked, read_note

STOP_SECONDS = 120.0  # a worker may take a minute to hand its job back
KILL_SECONDS = 10.0


def stop_tree(home: Home) -> list[str]:
    """This will stop the tree of this home, running or crashed, and return what it ended.

    A running tree is asked to stop in its own order; what a crashed one left behind is ended here.
    """
    ended = []
    if is_locked(home):
        note = read_note(home)
        if note is None or not note.owner.is_alive:
            raise LocalError(f"Something holds {home.run / 'lock'}, but it is no tree of mtkd.")
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(note.owner.pid, number)
            if wait_until(lambda: not is_locked(home), seconds=seconds):
                break
        ended.append("up")
    if home.run.is_dir():
        with HomeLock(home):
            ended += end_leftovers(home)
    return ended


def erase(home: Home) -> None:
    """This will delete database, jobs, stored files and keys of this home, wherever they are; stop it first.

    Only what mtkd itself made is touched, and the datasets in `data` stay.
    """
    for name in ("postgres", "valkey", "run", "logs", "storage", "work", "cache"):
        shutil.rmtree(home.root / name, ignore_errors=True)
    (home.root / "secret_key").unlink(missing_ok=True)
    shutil.rmtree(home.outside, ignore_errors=True)
