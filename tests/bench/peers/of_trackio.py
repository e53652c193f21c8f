"""Trackio: its library in this process, and its web server; called with a port, this file is that server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import trackio
from curves import METRIC, names, table, values
from told import serve
from trackio.sqlite_storage import SQLiteStorage

PROJECT = "bench"
_state: dict[str, Any] = {"runs": 0}


def start(*, port: int) -> str:
    """This will start the web server and return the version."""
    _state["server"] = subprocess.Popen(
        [sys.executable, __file__, str(port)], stdout=2, start_new_session=True
    )
    return str(trackio.__version__)


def new_run() -> str:
    """This will return a name that no run has."""
    _state["runs"] += 1
    return f"run-{_state['runs']}"


def write(*, steps: int, seed: int) -> float:
    """This will log 8 metrics of a new run and return the seconds it took, its end included."""
    made, called = table(steps, seed=seed).tolist(), names()
    trackio.init(project=PROJECT, name=new_run(), auto_log_gpu=False, auto_log_cpu=False, embed=False)
    began = time.perf_counter()
    for step, row in enumerate(made):
        trackio.log(dict(zip(called, row, strict=True)), step=step)
    trackio.finish()
    return time.perf_counter() - began


def load(*, points: int, seed: int) -> str:
    """This will store a curve in batches and return the name of its run."""
    run, made = new_run(), values(points, seed=seed).tolist()
    for first in range(0, points, 10_000):
        rows = [{METRIC: value} for value in made[first : first + 10_000]]
        steps = list(range(first, first + len(rows)))
        SQLiteStorage.bulk_log(project=PROJECT, run=run, metrics_list=rows, steps=steps)
    return run


def bytes_per_point(*, points: int) -> float:
    """This will return what its files take on the disk for each of so many points."""
    return sum(path.stat().st_size for path in Path("store").rglob("*") if path.is_file()) / points


if len(sys.argv) > 1:
    trackio.show(open_browser=False, block_thread=True, host="127.0.0.1", server_port=int(sys.argv[1]))
else:
    deeds = {"start": start, "new_run": new_run, "write": write, "load": load}
    serve({**deeds, "bytes_per_point": bytes_per_point})
    if "server" in _state:
        os.killpg(_state["server"].pid, signal.SIGTERM)  # with what it has started itself
        _state["server"].wait()
