"""What being watched costs: CPU of supervisor and database beside the engine's, and the journal's share of a step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.bench.application import application

EPOCHS = 36
LOOK_SECONDS = 0.25
KINDS = ("engine", "supervisor", "database", "broker", "web", "intake")
ASK_SECONDS = 5.0  # the benchmark itself must not keep web and database busy
WATCHING = ("supervisor", "database")


def main() -> None:
    """This will train one teacher of the demo through the whole application and once alone, and print the shares."""
    from jobs.demo.story import FOLDER

    spec = yaml.safe_load((FOLDER / "span.yaml").read_text())
    spec["optim"]["epochs"] = EPOCHS
    with application(data_roots=[], workers=1) as app:
        world = app.home / "data" / "world"
        world.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mtkd_engine", "make-data", "--out", str(world)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        app.dataset("world", world)
        with Meter() as meter:
            began = time.monotonic()
            job = app.rest.wait(app.submit(spec), every=ASK_SECONDS)
            assert job["state"] == "succeeded", job["failure"]
            seconds = time.monotonic() - began
        print("| | CPU seconds |\n|---|---|")
        for kind in KINDS:
            print(f"| {kind} | {meter.spent[kind]:.2f} |", flush=True)
        alone = _journal_alone(spec, world)
    watching = sum(meter.spent[kind] for kind in WATCHING)
    result = {
        "seconds": round(seconds, 1),
        **{f"{kind}_cpu_s": round(meter.spent[kind], 2) for kind in KINDS},
        # Watching costs by the second, an engine by the core: on a busy machine the share below is too high.
        "watch_cores": round(watching / seconds, 5),
        "watch_cpu_share": round(watching / meter.spent["engine"], 5),
        **alone,
    }
    print(json.dumps(result), flush=True)


class Meter:
    """Adds up the CPU time that the processes below this one take while the block runs, by what they are."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._seen: dict[psutil.Process, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Meter:
        self._look(count=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look(count=True)

    def _look(self, *, count: bool) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
                kind = _kind(process.cmdline())
            except psutil.Error:
                continue
            used = times.user + times.system
            if count and kind is not None:
                self.spent[kind] += used - self._seen.get(process, 0.0)
            self._seen[process] = used


def _kind(command: list[str]) -> str | None:
    words = " ".join(command)
    for kind, marks in {
        "engine": ("mtkd_engine run",),
        "database": ("postgres",),
        "broker": ("valkey",),
        "intake": ("--queues=intake",),  # carries out registrations, idle here
        "supervisor": ("manage.py worker",),
        "web": ("uvicorn", "asgi"),
    }.items():
        if any(mark in words for mark in marks):
            return kind
    return None


def _journal_alone(spec: dict[str, Any], world: Path) -> dict[str, float]:
    """Train once in a process of its own whose journal counts the time that it takes."""
    with tempfile.TemporaryDirectory(prefix="mtkd-bench-") as folder:
        (Path(folder) / "spec.json").write_text(json.dumps({**spec, "data": {"dataset": str(world)}}))
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.watching", folder],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))


def _timed(folder: Path) -> None:
    from mtkd_engine import runner
    from mtkd_engine.distill import Place
    from mtkd_engine.events import Entered, Event
    from mtkd_engine.journal import Journal
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import parse

    parts: list[tuple[str, float, float]] = []
    spent = 0.0

    class Timed(Journal):
        def append(self, event: Event) -> int:
            nonlocal spent
            began = time.perf_counter()
            seq = super().append(event)
            if threading.current_thread() is threading.main_thread():
                spent += time.perf_counter() - began
            if isinstance(event, Entered):
                parts.append((event.part, time.perf_counter(), spent))
            return seq

        def sync(self) -> None:
            nonlocal spent
            began = time.perf_counter()
            super().sync()
            spent += time.perf_counter() - began

    runner.Journal = Timed  # type: ignore[misc]
    place = Place(folder=folder / "run", cache=folder / "cache")
    spec = parse(json.loads((folder / "spec.json").read_text()))
    code = runner.run_attempt(spec, sources=Sources(base=folder), place=place, resume=None, threads=1)
    assert code == runner.SUCCEEDED
    (_, began, before), (_, ended, after) = (
        next(part for part in parts if part[0] == name) for name in ("training", "evaluation")
    )
    share = (after - before) / (ended - began)
    print(json.dumps({"journal_share": round(share, 6), "journal_ms": round(1000 * (after - before), 2)}))


if __name__ == "__main__":
    _timed(Path(sys.argv[1]))
