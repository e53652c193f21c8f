"""Jobs of task classification that a benchmark runs: each once, beside each other, their test samples compared.

Shape suffixes: S seeds, N test samples.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from mtkd_engine.comparing import paired
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Done:
    """A job that ran: what it says of itself, and of each test sample what the student says."""

    result: dict[str, Any]
    right_N: Numbers
    ids_N: list[str]
    sources_N: list[str]
    classes_N: list[str]
    truths_N: list[str]
    scores_N: Numbers
    """The probability of the class that it says."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A job to run: its name, which is that of its folder, and its spec; teachers by name are folders or files."""

    name: str
    spec: Mapping[str, Any]
    teachers: Mapping[str, Path]


def run_beside(asked: Sequence[Asked], *, base: Path) -> list[Done]:
    """This will run jobs, as many beside each other as there are cores, each on one thread; in the order asked for."""
    with workers() as pool:
        return list(pool.map(run_job, asked, [base] * len(asked)))


@contextmanager
def workers() -> Iterator[ProcessPoolExecutor]:
    """This will give a process for each core, each with one thread for torch."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, torch.set_num_threads, (1,)) as pool:
        yield pool


def run_job(asked: Asked, base: Path) -> Done:
    """This will run one job, or read what it left behind when it ran before."""
    place = Place(folder=base / "jobs" / asked.name, cache=base / "cache")
    began = time.monotonic()
    if not (place.artifacts / "result.json").exists():
        spec = {**asked.spec, "teachers": [{"name": name} for name in asked.teachers]}
        sources = Sources(base=base, teachers=dict(asked.teachers))
        *_, last = distill(parse(spec), sources=sources, place=place)
        assert isinstance(last, Finished)
    done = read_job(place.artifacts)
    took = time.monotonic() - began
    print(f"{asked.name}: top-1 {100 * done.right_N.mean():.2f}, {took:.0f} s", flush=True)
    return done


def read_job(artifacts: Path) -> Done:
    """This will read what a job left behind."""
    rows = [
        row for row in pq.read_table(artifacts / "per_sample.parquet").to_pylist() if row["split"] == "test"
    ]
    return Done(
        result=json.loads((artifacts / "result.json").read_text()),
        right_N=np.array([float(row["student_class"] == row["label"]) for row in rows]),
        ids_N=[row["sample_id"] for row in rows],
        sources_N=[row["source_id"] for row in rows],
        classes_N=[row["student_class"] for row in rows],
        truths_N=[row["label"] for row in rows],
        scores_N=np.array([row["student_score"] for row in rows]),
    )


def row_of(
    found: Sequence[Done], other: Sequence[Done], *, unit: Callable[[Done], list[str]]
) -> dict[str, float]:
    """This will give top-1 over seeds, its spread, and the paired difference to others, in points; by `unit`."""
    own_SN = np.stack([done.right_N for done in found])
    gained = paired(own_SN, np.stack([done.right_N for done in other]), unit(found[0]))
    return {
        "top1": 100 * float(own_SN.mean()),
        "spread": 100 * float(own_SN.mean(1).std(ddof=1)) if len(own_SN) > 1 else 0.0,
        "difference": 100 * gained.mean,
        "low": 100 * gained.low,
        "high": 100 * gained.high,
    }


@contextmanager
def kept_folder(prefix: str) -> Iterator[Path]:
    """This will give the folder BENCH_FOLDER, in which runs that have ended are not done again, or a passing one."""
    kept = os.environ.get("BENCH_FOLDER")
    if kept is not None:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)
