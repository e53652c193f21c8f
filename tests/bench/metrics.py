"""Metrics of training: writing, charts and overlays, room on the disk, beside MLflow, Aim and Trackio.

All systems run at once on one machine, store the same values and are asked in turns, so that a slow moment meets
each. A chart is what a system's own pages ask for: one metric at about 1,000 ranges, the HTTP answer read to its
end and not decoded; each request asks for one range more, so that no stored answer is served. MTKD_BENCH=quick
makes a small run of it that only shows that everything works.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from tests.bench.application import Application, application
from tests.bench.peers.curves import MANY
from tests.bench.peers.ours import Mtkd, database_for_a_peer
from tests.bench.peers.systems import Aim, Mlflow, System, Trackio

MOST_LOAD_SECONDS = 120.0  # for one figure: a slow machine leaves it out
MOST_ASK_SECONDS = 40.0  # for one figure: who answers slowly is asked less often
FAILURES = (RuntimeError, OSError, ValueError, KeyError)
Figures = dict[str, float | bool | None]


@dataclass(frozen=True)
class Size:
    """How much is written and asked; steps have 8 metrics each."""

    rounds: int
    requests: int
    steps: dict[str, int]
    charts: dict[str, int]
    overlay_jobs: int
    overlay_points: int
    chart_px: int = 1000
    overlay_px: int = 300


FULL = Size(
    rounds=5,
    requests=60,
    steps={"mtkd": 25_000, "MLflow": 1_000, "Aim": 2_500, "Trackio": 5_000},
    charts={"chart_100k_p95_ms": 100_000, "chart_1m_p95_ms": 1_000_000},
    overlay_jobs=100,
    overlay_points=1_000,
)
QUICK = Size(
    rounds=2,
    requests=5,
    steps={"mtkd": 5_000, "MLflow": 125, "Aim": 250, "Trackio": 500},
    charts={"chart_100k_p95_ms": 10_000, "chart_1m_p95_ms": 20_000},
    overlay_jobs=10,
    overlay_points=500,
)
ROWS = {
    "rest_points_per_s": "REST, points/s",
    "rest_json_points_per_s": "REST as JSON, points/s",
    "recorder_points_per_s": "without a server (recorder, SDK), points/s",
    "chart_100k_p95_ms": "chart of 100,000 points, ms (p95)",
    "chart_1m_p95_ms": "chart of 1,000,000 points, ms (p95)",
    "overlay_100_p95_ms": "one metric of 100 jobs, ms (p95)",
    "bytes_per_point": "bytes per point",
    "spike_kept": "spike kept in the chart",
}


@dataclass
class Column:
    """One system with its measurements as they come."""

    system: System
    seconds: dict[str, list[float]] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)
    runs: dict[str, list[str]] = field(default_factory=dict)
    points: int = 0

    def fail(self, what: str, error: Exception) -> None:
        """This will note why a figure is missing; it is not asked for again."""
        self.system.why_not[what] = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        self.seconds.pop(what, None)
        self.figures[what] = None

    def attempt(self, what: str, deed: Callable[[], float | None]) -> None:
        """This will measure once and keep the seconds, unless the system cannot do it."""
        if what in self.system.why_not:
            return
        try:
            seconds = deed()
        except FAILURES as error:
            self.fail(what, error)
            return
        if seconds is not None:
            self.seconds.setdefault(what, []).append(seconds)


def main() -> None:
    """This will measure everything in one run and print a table, and as its last line the figures as JSON."""
    size = QUICK if os.environ.get("MTKD_BENCH") == "quick" else FULL
    with application(data_roots=[], workers=0) as place, _systems(place) as columns:
        began = time.monotonic()
        for part in (_write, _weigh, _load, _chart):
            part(columns, size)
            print(f"({part.__name__[1:]}: {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        for column in columns:
            _conclude(column, size)
    if size is QUICK:
        print("(quick: much less was written and asked for than the rows say)\n")
    _print(columns)


@contextmanager
def _systems(place: Application) -> Iterator[list[Column]]:
    from jobs.models import User
    from jobs.operations.tokens import create_token

    port = urlsplit(place.rest._url).port
    assert port is not None
    _, token = create_token(user=User.objects.get(username="demo"), name="metrics")
    begun: list[System] = [Mtkd(application=place, port=port, token=token)]
    folder = place.home / "peers"
    starts: dict[str, Callable[[], System]] = {
        "MLflow": lambda: Mlflow(folder=folder / "mlflow", database=database_for_a_peer("mlflow")),
        "Aim": lambda: Aim(folder=folder / "aim"),
        "Trackio": lambda: Trackio(folder=folder / "trackio"),
    }
    try:
        for name, start in starts.items():
            try:
                begun.append(start())
            except Exception as error:
                print(f"{name} could not be started, so it is left out: {error}", flush=True)
                begun.append(Missing(name, str(error)))
        yield [Column(system) for system in begun]
    finally:
        for system in begun:
            system.end()


class Missing:
    """A peer that could not be started: all of its figures are missing, for one reason."""

    version = "not started"

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why_not = dict.fromkeys(ROWS, " ".join(why.split())[:300])

    def __getattr__(self, name: str) -> Any:
        return lambda **_: None


def _write(columns: list[Column], size: Size) -> None:
    for number in range(size.rounds):
        for column in columns:
            steps, system = size.steps[column.system.name], column.system
            ways: dict[str, Callable[..., float | None]] = {
                "rest_points_per_s": system.write_rest,
                "recorder_points_per_s": system.write_here,
            }
            if isinstance(system, Mtkd):  # the others' only form is JSON
                ways["rest_json_points_per_s"] = system.write_rest_as_json
            for what, way in ways.items():
                before = len(column.seconds.get(what, []))
                column.attempt(what, partial(way, steps=steps, seed=number))
                column.points += steps * MANY * (len(column.seconds.get(what, [])) - before)


def _load(columns: list[Column], size: Size) -> None:
    for column in columns:
        wanted = {what: [points] for what, points in size.charts.items()}
        wanted["overlay_100_p95_ms"] = [size.overlay_points] * size.overlay_jobs
        for what, lengths in wanted.items():
            if what in column.system.why_not:
                continue
            if (seconds := _expected(column, sum(lengths), size)) > MOST_LOAD_SECONDS:
                column.fail(what, RuntimeError(f"storing {sum(lengths):,} points would take {seconds:.0f} s"))
                continue
            try:
                column.runs[what] = [
                    column.system.load(points=points, seed=seed) for seed, points in enumerate(lengths)
                ]
            except FAILURES as error:
                column.fail(what, error)


def _expected(column: Column, points: int, size: Size) -> float:
    """What storing takes where a system has no faster way than the one that was measured."""
    seconds = column.seconds.get("recorder_points_per_s")
    if not seconds or not getattr(column.system, "loads_as_it_writes", False):
        return 0.0
    return points / MANY / size.steps[column.system.name] * statistics.median(seconds)


def _chart(columns: list[Column], size: Size) -> None:
    for number in range(size.requests + 1):
        for column in columns:
            for what, runs in column.runs.items():
                if sum(column.seconds.get(what, [])) > MOST_ASK_SECONDS:
                    continue
                px = number + (size.chart_px if len(runs) == 1 else size.overlay_px)
                column.attempt(what, partial(_asked, column, what, runs, px))
        if not number:  # the first answers warm caches up
            for column in columns:
                for what in column.runs:
                    column.seconds.pop(what, None)


def _asked(column: Column, what: str, runs: list[str], px: int) -> float:
    began = time.perf_counter()
    answer = column.system.chart(runs, px=px)
    seconds = time.perf_counter() - began
    if len(runs) == 1 and len(column.seconds.get(what, [])) == 1:
        kept = column.system.has_spike(answer)
        column.figures["spike_kept"] = bool(column.figures.get("spike_kept", True)) and kept
    return seconds


def _conclude(column: Column, size: Size) -> None:
    points = size.steps[column.system.name] * MANY
    for what in ROWS:
        seconds = column.seconds.get(what)
        if what.endswith("_points_per_s"):
            column.figures[what] = round(points / statistics.median(seconds)) if seconds else None
        elif what.endswith("_ms"):
            column.figures[what] = round(1000 * _p95(seconds), 2) if seconds else None
    if not isinstance(column.system, Mtkd):
        column.figures["rest_json_points_per_s"] = column.figures["rest_points_per_s"]
    column.figures.setdefault("spike_kept", None)


def _weigh(columns: list[Column], _: Size) -> None:
    for column in columns:
        column.figures["bytes_per_point"] = None
        if "bytes_per_point" not in column.system.why_not:
            try:
                weight = column.system.bytes_per_point(points=column.points)
                column.figures["bytes_per_point"] = round(weight, 1)
            except FAILURES as error:
                column.fail("bytes_per_point", error)


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(0.95 * len(seconds)))]


def _print(columns: list[Column]) -> None:
    print("| | " + " | ".join(f"{column.system.name} ({column.system.version})" for column in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for what, words in ROWS.items():
        print(f"| {words} | " + " | ".join(_cell(column.figures.get(what)) for column in columns) + " |")
    for column in columns:
        for why in dict.fromkeys(column.system.why_not.values()):
            missing = ", ".join(ROWS[what] for what, reason in column.system.why_not.items() if reason == why)
            print(f"\n{column.system.name}, {missing}: none, because {why}.")
    ours, *peers = columns
    print()
    print(json.dumps({**ours.figures, "peers": {peer.system.name: peer.figures for peer in peers}}))


def _cell(value: float | bool | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"
