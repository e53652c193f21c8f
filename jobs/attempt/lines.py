"""Many lines of a journal at once; lines of metrics, of which there are most, never become events one by one."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from jobs.chunks import Run, join
from mtkd_engine.events import Metrics, from_payload
from mtkd_engine.journal import Recorded, read

OTHERS = (
    "fold/",
    "gate/",
)  # metrics of a teacher's copies and of a gate count their own steps, not the job's
SYSTEM = "system/"  # and those of the machine are measured beside them


@dataclass
class Lines:
    """What some lines hold: events in their order, points by metric, where the last line ends and its number."""

    count: int = 0
    end: int = 0
    seq: int = 0
    step: int | None = None
    """That of the last line with a metric of the job itself."""
    events: list[Recorded] = field(default_factory=list)
    points: dict[str, Run] = field(default_factory=dict)


def read_lines(path: Path, *, offset: int, after_seq: int, limit: int, clock_ms: int) -> Lines:
    """This will read the complete lines behind a byte offset, at most `limit`; those not above a seq are passed over.

    Times of points are counted from `clock_ms`. Raises ValueError for a line that is no event.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            lines = list(islice(file, limit))
    except FileNotFoundError:
        lines = []
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    found = Lines(count=len(lines), end=offset, seq=after_seq)
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for line, payload in zip(lines, _parsed(path, offset, lines), strict=True):
        found.end += len(line)
        if payload["seq"] <= after_seq:
            continue
        found.seq = max(found.seq, payload["seq"])
        if payload["kind"] == Metrics.kind:
            alike[tuple(payload["values"])].append(payload)
        else:
            event = from_payload(payload)
            found.events.append(Recorded(payload["seq"], payload["t"], event, found.end, payload))
    found.step = _last_step(alike)
    found.points = _points(alike, clock_ms)
    return found


def _parsed(path: Path, offset: int, lines: list[bytes]) -> list[dict[str, Any]]:
    try:
        payloads = json.loads(b"[%s]" % b",".join(lines))
        if len(payloads) == len(lines) and all(map(_is_line, payloads)):
            return list(payloads)
    except ValueError:
        pass
    # A line is wrong, which the careful reader says with its place.
    return [line.payload for line in read(path, offset, limit=len(lines))]


def _is_line(payload: Any) -> bool:
    if not isinstance(payload, dict) or not payload.keys() >= {"seq", "t", "kind"}:
        return False
    return payload["kind"] != Metrics.kind or payload.keys() >= {"step", "values"}


def _last_step(alike: dict[tuple[str, ...], list[dict[str, Any]]]) -> int | None:
    own = [
        payloads[-1]
        for names, payloads in alike.items()
        if any(not name.startswith((*OTHERS, SYSTEM)) for name in names)
    ]
    return max(own, key=lambda payload: int(payload["seq"]))["step"] if own else None


def _points(alike: dict[tuple[str, ...], list[dict[str, Any]]], clock_ms: int) -> dict[str, Run]:
    """Lines with the same metrics are one table, whose columns are runs."""
    parts: dict[str, list[Run]] = defaultdict(list)
    for names, payloads in alike.items():
        seqs = np.array([payload["seq"] for payload in payloads], np.int64)
        steps = np.array([payload["step"] for payload in payloads], np.int64)
        times = np.array([payload["t"] for payload in payloads], np.int64) - clock_ms
        # NaN and infinities stand there as words, which numpy reads too.
        table = np.array([list(payload["values"].values()) for payload in payloads], np.float64)
        for column, name in enumerate(names):
            parts[name].append(Run(seqs, steps, table[:, column].copy(), times))
    return {name: _in_order(runs) for name, runs in parts.items()}


def _in_order(runs: list[Run]) -> Run:
    run = join(runs)
    return run if len(runs) == 1 else run[np.argsort(run.seqs, kind="stable")]
