"""Aim: its SDK in this process, and its web server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aim
from curves import METRIC, names, table, values
from told import serve

_state: dict[str, Any] = {}


def start(*, port: int) -> str:
    """This will make a repository here, start the web server on it and return the version."""
    os.environ["AIM_UI_TELEMETRY_ENABLED"] = "0"
    aim.Repo.from_path(".", init=True)
    program = str(Path(sys.executable).with_name("aim"))
    command = [program, "up", "--host", "127.0.0.1", "--port", str(port), "--repo", "."]
    _state["server"] = subprocess.Popen(command, stdout=2, start_new_session=True)
    return str(aim.__version__.__version__)


def _new_run() -> aim.Run:
    return aim.Run(
        repo=".", system_tracking_interval=None, log_system_params=False, capture_terminal_logs=False
    )


def write(*, steps: int, seed: int) -> float:
    """This will track 8 metrics of a new run and return the seconds it took, closing included."""
    made, called, run = table(steps, seed=seed).tolist(), names(), _new_run()
    began = time.perf_counter()
    for step, row in enumerate(made):
        for name, value in zip(called, row, strict=True):
            run.track(value, name=name, step=step)
    run.close()
    return time.perf_counter() - began


def load(*, points: int, seed: int) -> str:
    """This will track a curve and return the id of its run."""
    run = _new_run()
    for step, value in enumerate(values(points, seed=seed).tolist()):
        run.track(value, name=METRIC, step=step)
    run.close()
    return str(run.hash)


def bytes_per_point(*, points: int) -> float:
    """This will return what the repository takes on the disk for each of so many points."""
    size = sum(path.stat().st_size for path in Path(".aim").rglob("*") if path.is_file())
    return size / points


serve({"start": start, "write": write, "load": load, "bytes_per_point": bytes_per_point})
if "server" in _state:
    os.killpg(_state["server"].pid, signal.SIGTERM)  # with what it has started itself
    _state["server"].wait()
