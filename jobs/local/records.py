"""Records of started processes, so that a later command can end them and never hits a stranger.

A process id is used again by the system. A record therefore carries a mark of the process's start, and a
process whose mark differs is somebody else's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, kw_only=True)
class Record:
    """One process as it was when it was started."""

    name: str
    pid: int
    mark: str

    @property
    def is_alive(self) -> bool:
        """True while that very process runs; False when it ended or its id went to another one."""
        return self.mark != "" and start_mark(self.pid) == self.mark


def start_mark(pid: int) -> str:
    """This will return text that only this run of the process has, or "" when there is no such process."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        boot, stat = Path("/proc/sys/kernel/random/boot_id"), Path(f"/proc/{pid}/stat")
        if boot.exists():
            # Ticks since boot: unlike a time of day it does not move when the clock is set.
            return f"{boot.read_text().strip()}:{stat.read_text().rpartition(')')[2].split()[19]}"
        return f"{process.create_time():.2f}"
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return ""


def record_of(*, name: str, pid: int) -> Record:
    """This will return the record of a process that runs now."""
    return Record(name=name, pid=pid, mark=start_mark(pid))


def write_record(*, folder: Path, record: Record) -> Path:
    """This will keep the record in `folder`, whole or not at all, and return its file."""
    path = folder / f"{record.name}.process.json"
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(record)))
    draft.replace(path)
    return path


def read_records(folder: Path) -> Iterator[tuple[Path, Record]]:
    """This will yield every readable record of `folder` with its file; unreadable ones are removed."""
    for path in sorted(folder.glob("*.process.json")):
        try:
            yield path, Record(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            path.unlink(missing_ok=True)
