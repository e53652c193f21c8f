"""Processes as the kernel shows them: who carries the mark of an arena, and who works in which folder."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

MARK = "CHAOS_ARENA"


def is_gone(pid: int) -> bool:
    """This will tell whether a process has ended (a dead one that nobody has buried yet has)."""
    return state_of(pid) in {"", "Z", "X"}


def state_of(pid: int) -> str:
    """This will give the kernel's letter for what a process does (T: stopped), empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def command_of(pid: int) -> str:
    """This will give the command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def all_pids() -> list[int]:
    """This will list the processes of this host."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def engines_below(folder: Path) -> dict[int, str]:
    """This will give command lines by process id of the living engines that work below a folder."""
    mark = f" run {folder}/"
    found = {pid: command_of(pid) for pid in all_pids()}
    return {pid: line for pid, line in found.items() if mark in line and not is_gone(pid)}


def marked(value: str) -> set[int]:
    """This will list the living processes whose environment carries the mark of an arena."""
    wanted = f"{MARK}={value}".encode()
    return {pid for pid in all_pids() if wanted in _environment_of(pid) and not is_gone(pid)}


def _environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def family(pid: int) -> list[int]:
    """This will list a process and all that came from it, oldest first."""
    with contextlib.suppress(psutil.Error):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return []


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """This will send a signal to every process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def until(condition: Callable[[], object], *, seconds: float, every: float = 0.05) -> bool:
    """This will look again and again until the condition holds, and tell whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
