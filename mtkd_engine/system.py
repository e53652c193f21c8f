"""What the engine takes of its machine, as ordinary metrics beside those of training.

`system/cpu` counts cores (engine and children), `system/memory` GB of resident memory, `system/disk_read` and
`system/disk_written` MB/s of the block device. On CUDA also `system/gpu_memory`, GB in use on the device, and, where
the driver tells it, `system/gpu`, percent of the time.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass

import psutil
import torch

from mtkd_engine.events import Metrics
from mtkd_engine.journal import Journal
from mtkd_engine.spec import SpecError

VARIABLE = "MTKD_SYSTEM_SECONDS"
SECONDS = 5.0
PREFIX = "system/"
_GB, _MB = 1e9, 1e6


def seconds_between() -> float:
    """This will read how often to look, 0 for never; raises SpecError for what is no such number."""
    given = os.environ.get(VARIABLE, "")
    try:
        seconds = float(given) if given else SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < threading.TIMEOUT_MAX:
        raise SpecError({VARIABLE: f"given {given!r}, accepted is a number of seconds, 0 for never."})
    return seconds


class SystemWatch:
    """Looks at the engine's processes from a thread, from `start` to `finish`; `step` is set by the loop's reader."""

    def __init__(self, journal: Journal, *, seconds: float, device: str = "cpu", step: int = 0) -> None:
        self.step = step
        self._journal = journal
        self._seconds = seconds
        self._gauge = Gauge(device)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="system", daemon=True)

    def start(self) -> None:
        """This will take the first sample and go on; without seconds between samples there is none."""
        if self._seconds:
            self._thread.start()

    def finish(self) -> None:
        """This will take the last sample; nothing is written afterwards. Doing it twice is the same as once."""
        self._done.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError, psutil.Error):  # a full disk is met, and said, by the loop
            while not self._done.is_set():
                self._say()
                self._done.wait(self._seconds)
            self._say()

    def _say(self) -> None:
        self._journal.append(Metrics(step=self.step, values=self._gauge.read()))


@dataclass(frozen=True)
class _Used:
    at: float
    cpu: float
    read: int
    written: int


class Gauge:
    """Reads what this process and its children take; rates are those since the last reading."""

    def __init__(self, device: str) -> None:
        self._process = psutil.Process()
        self._cuda = torch.device(device) if device.startswith("cuda") else None
        self._tells_use = True
        age = time.time() - self._process.create_time()
        self._last = _Used(time.monotonic() - age, 0.0, 0, 0)

    def read(self) -> dict[str, float]:
        """This will give the metrics by name."""
        tree = [self._process, *self._process.children(recursive=True)]
        used = _Used(time.monotonic(), *_sums(tree))
        seconds = max(used.at - self._last.at, 1e-3)
        rates = {
            "cpu": (used.cpu - self._last.cpu) / seconds,
            "disk_read": (used.read - self._last.read) / seconds / _MB,
            "disk_written": (used.written - self._last.written) / seconds / _MB,
        }
        self._last = used
        values = {name: max(0.0, rate) for name, rate in rates.items()}  # less, when a child has gone
        values["memory"] = _resident(tree) / _GB
        return {PREFIX + name: round(value, 4) for name, value in {**values, **self._device()}.items()}

    def _device(self) -> dict[str, float]:
        if self._cuda is None or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            return {}
        free, total = torch.cuda.mem_get_info(self._cuda)
        values = {"gpu_memory": (total - free) / _GB}
        if self._tells_use:
            try:
                values["gpu"] = float(torch.cuda.utilization(self._cuda))
            except Exception:  # needs a library of the vendor that is not ours to ask for
                self._tells_use = False
        return values


def _sums(tree: list[psutil.Process]) -> tuple[float, int, int]:
    cpu, read, written = 0.0, 0, 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            cpu += times.user + times.system
            if process is tree[0]:
                cpu += times.children_user + times.children_system
        with contextlib.suppress(psutil.Error, AttributeError):  # not every system counts them
            counters = process.io_counters()
            read, written = read + counters.read_bytes, written + counters.write_bytes
    return cpu, read, written


def _resident(tree: list[psutil.Process]) -> int:
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total
