"""How much memory an engine has, as its processes, its control group and this machine tell."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from jobs.engine.family import Family

_GROUPS = Path("/sys/fs/cgroup")
_COUNTERS = ("memory.events", "memory.oom_control")
_NO_LIMIT = 1 << 60  # what version 1 says instead of "max"


def resident_bytes(family: Family) -> int:
    """This will give the resident memory of the known members together, 0 when they are gone."""
    total = 0
    for one in family.living():
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total


def own_bytes(family: Family) -> int:
    """This will give the same with shared pages counted once; slower, where the kernel tells at all."""
    total = 0
    for one in family.living():
        with contextlib.suppress(psutil.Error):
            total += getattr(one.memory_full_info(), "pss", 0) or one.memory_info().rss
    return total


class ControlGroup:
    """The control group of this process, version 2 or 1; where there is none, nothing is known."""

    def __init__(self) -> None:
        self._folder = _folder_of_this_process()

    def limit(self) -> int | None:
        """This will give how many bytes its processes may have together, None for any number."""
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                found = int((self._folder / name).read_text())
                return found if found < _NO_LIMIT else None
        return None

    def kills(self) -> int:
        """This will give how many of its processes the kernel has killed for want of memory."""
        for name in _COUNTERS:
            with contextlib.suppress(OSError, ValueError):
                for line in (self._folder / name).read_text().splitlines():
                    if line.startswith("oom_kill "):
                        return int(line.split()[1])
        return 0


def _folder_of_this_process() -> Path:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, place = line.split(":", 2)
            root = _GROUPS / kinds
            if kinds in {"memory", ""} and any((root / place[1:] / name).is_file() for name in _COUNTERS):
                return root / place[1:]
    return _GROUPS
