"""A process with all that it started, also what left its group or lost its parent: found, and surely ended.

Descendants are followed while their parents live, and whatever carries the mark of the same folder in its
environment belongs to it too.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

MARK = "MTKD_ATTEMPT"
"""The variable that says to every process of an engine in which folder it works."""
SUPERVISOR = "MTKD_SUPERVISOR"
"""The variable that says for whom it works: `this_process` of its supervisor."""
_PROC = Path("/proc")
_LONGEST_DYING_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Family:
    """One engine and its descendants."""

    def __init__(self, pid: int, *, folder: Path) -> None:
        self._folder = folder
        self._known: set[psutil.Process] = set()
        with contextlib.suppress(psutil.Error):
            self._known.add(psutil.Process(pid))
        self._leader = pid

    def look(self) -> None:
        """This will look for new descendants; it reads a line of every process of this host."""
        for one in list(self._known):
            with contextlib.suppress(psutil.Error):
                self._known.update(one.children(recursive=True))

    def living(self) -> list[psutil.Process]:
        """This will give the known members that still run."""
        self._known = {one for one in self._known if _runs(one)}
        return list(self._known)

    def end(self) -> None:
        """This will kill every member but the leader, whose parent reaps it, and return when none runs."""
        self._known = {one for one in self._known if one.pid != self._leader}

        def left() -> list[psutil.Process]:
            self.look()
            return list({*self.living(), *marked(self._folder)} - {psutil.Process()})

        _end_all(left)


def marked(folder: Path) -> list[psutil.Process]:
    """This will find the running processes of this host that work in a folder or below it."""
    return [process for process, place in all_marked() if place == folder or folder in place.parents]


def all_marked() -> Iterator[tuple[psutil.Process, Path]]:
    """This will find every running process of an engine, with its folder."""
    for process in _perhaps_marked():
        with contextlib.suppress(psutil.Error, OSError):
            place = process.environ().get(MARK)
            if place and _runs(process):
                yield process, Path(place)


def this_process() -> str:
    """This will name this process as no other on this host is ever named, "" where the system does not tell."""
    begun, world = _begun(os.getpid()), _world()
    return f"{os.getpid()}:{begun}:{world}" if begun and world else ""


def is_orphaned(process: psutil.Process) -> bool:
    """This will tell whether a process works for a supervisor that surely is gone."""
    try:
        pid, begun, world = process.environ().get(SUPERVISOR, "").split(":")
    except (psutil.Error, OSError, ValueError):
        return False
    return world == _world() and _begun(int(pid)) != begun  # in another container, numbers are others'


def end_leftover(*, pid: int | None, folder: Path) -> None:
    """This will kill what still works in `folder` on this host, such as the engine of a killed supervisor."""
    found = _leader(pid, folder)
    if found is None:
        _end_all(lambda: marked(folder))
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(found.pid, signal.SIGKILL)
    _end_all(lambda: [one for one in {found, *marked(folder)} if _runs(one)])


def _perhaps_marked() -> Iterator[psutil.Process]:
    """Where the system lets it, without more than one look at each process: this is done again and again."""
    if not (_PROC / "self" / "environ").exists():
        yield from psutil.process_iter()
        return
    word = f"{MARK}=".encode()
    for entry in os.scandir(_PROC):
        with contextlib.suppress(psutil.Error, OSError):
            if entry.name.isdecimal() and word in (_PROC / entry.name / "environ").read_bytes():
                yield psutil.Process(int(entry.name))


def _begun(pid: int) -> str | None:
    """When a process began, in the kernel's own ticks; None for one that has ended."""
    try:
        told = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    state, *fields = told.rpartition(")")[2].split()
    return None if state in {"Z", "X"} else fields[18]


def _world() -> str:
    """The space in which numbers of processes mean what they mean here."""
    try:
        return str((_PROC / "self" / "ns" / "pid").stat().st_ino)
    except OSError:
        return ""


def _leader(pid: int | None, folder: Path) -> psutil.Process | None:
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        if str(folder) in process.cmdline() and os.getpgid(pid) == pid:
            return process
    except (psutil.Error, ProcessLookupError):
        pass
    return None


def _end_all(left: Callable[[], list[psutil.Process]]) -> None:
    deadline = time.monotonic() + _LONGEST_DYING_SECONDS
    while processes := left():
        if time.monotonic() > deadline:
            _log.error("These processes do not end, even killed: %s", [one.pid for one in processes])
            return
        for one in processes:
            with contextlib.suppress(psutil.Error):
                one.kill()
        time.sleep(0.01)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
