"""Jobs of registered models that teach each other, beside the same models fitted to the labels alone.

What each participant reached is held against plain fine-tuning of the same length, in the same batches and from the
same start, sample by sample: both stand in the tables of one job (`evaluation.compare_solo`).

Shape suffixes: S seeds, N test samples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from mtkd_engine.comparing import Difference, paired
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from tests.bench.runs import Numbers, workers

SEEDS = (0, 1, 2)
WORST = -0.5
"""Points that no participant may lose against plain fine-tuning, as the goal says."""


@dataclass(frozen=True)
class Asked:
    """A job to run: its name, which is that of its folder, its spec, and the files of models by name."""

    name: str
    spec: Mapping[str, Any]
    teachers: Mapping[str, Path]


@dataclass(frozen=True)
class Reached:
    """One participant of one job: what the result says of it, and of each test sample how good it was."""

    told: dict[str, Any]
    sources_N: list[str]
    after_N: Numbers
    alone_N: Numbers | None


Zoo = dict[str, Reached]
"""By participant."""


def run_zoos(asked: Sequence[Asked], *, base: Path) -> list[Zoo]:
    """This will run jobs, as many beside each other as there are cores; those that ended before are read again."""
    with workers() as pool:
        folders = list(pool.map(_run, asked, [base] * len(asked)))
    return [read_zoo(folder) for folder in folders]


def run_solo(asked: Sequence[Asked], *, base: Path) -> list[Path]:
    """This will train models from labels; the files of their students."""
    with workers() as pool:
        return [folder / "student.safetensors" for folder in pool.map(_run, asked, [base] * len(asked))]


def _run(asked: Asked, base: Path) -> Path:
    place = Place(folder=base / "jobs" / asked.name, cache=base / "cache")
    if not (place.artifacts / "result.json").exists():
        spec = {**asked.spec, "teachers": [{"name": name} for name in asked.teachers]}
        *_, last = distill(
            parse(spec), sources=Sources(base=base, teachers=dict(asked.teachers)), place=place
        )
        assert isinstance(last, Finished)
        print(f"{asked.name}: {_short(last.metrics)}", flush=True)
    return place.artifacts


def read_zoo(artifacts: Path) -> Zoo:
    """This will read what every learner of a job reached."""
    result = json.loads((artifacts / "result.json").read_text())
    found = {}
    for told in result["participants"]:
        if told["learns"]:
            table = pq.read_table(artifacts / told["files"]["samples"]).to_pylist()
            rows = [row for row in table if row["split"] == "test"]
            found[told["name"]] = Reached(
                told,
                [row["source_id"] for row in rows],
                _values(rows, "student"),
                _values(rows, "solo") if "alone" in told else None,
            )
    return found


def _values(rows: Sequence[Mapping[str, Any]], who: str) -> Numbers:
    """Right or wrong of classifiers, the quality of masks and maps."""
    if "label" in rows[0]:
        return np.array([float(row[f"{who}_class"] == row["label"]) for row in rows])
    return np.array([row[f"{who}_quality"] or 0.0 for row in rows])


def gain_over_alone(zoos: Sequence[Zoo], name: str, alone: Sequence[Zoo]) -> Difference:
    """This will compare a participant over the seeds to itself alone, as it was in the jobs `alone`, in points."""
    own_SN = np.stack([zoo[name].after_N for zoo in zoos])
    held = [zoo[name].alone_N for zoo in alone]
    assert all(one is not None for one in held)
    found = paired(own_SN, np.stack([one for one in held if one is not None]), zoos[0][name].sources_N)
    return Difference(100 * found.mean, 100 * found.low, 100 * found.high)


def table(
    zoos: Mapping[str, Sequence[Zoo]], alone: Mapping[str, Sequence[Zoo]], metrics: Sequence[str]
) -> dict[str, Any]:
    """This will print a row for each participant of each zoo, the jobs of which are one for each seed.

    `alone` says by zoo in which jobs its participants were trained alone.
    """
    head = " | ".join(f"{metric}: start | alone | together" for metric in metrics)
    print(f"\n| zoo | model | {head} | gain over alone, per sample | 95 % |")
    print("|---" * (4 + 3 * len(metrics)) + "|")
    told: dict[str, Any] = {}
    for zoo, jobs in zoos.items():
        for name in jobs[0]:
            gain = gain_over_alone(jobs, name, alone[zoo])
            values = {metric: _three(jobs, alone[zoo], name, metric) for metric in metrics}
            cells = " | ".join(" | ".join(f"{one:.2f}" for one in values[metric]) for metric in metrics)
            print(
                f"| {zoo} | {name} | {cells} | {gain.mean:+.2f} | {gain.low:+.2f} to {gain.high:+.2f} |",
                flush=True,
            )
            told[f"{zoo}/{name}"] = {
                "gain": gain.mean,
                "low": gain.low,
                "high": gain.high,
                **{
                    metric: dict(zip(("start", "alone", "together"), values[metric], strict=True))
                    for metric in metrics
                },
            }
    return told


def mean_gain(zoos: Mapping[str, Sequence[Zoo]], alone: Mapping[str, Sequence[Zoo]]) -> dict[str, Any]:
    """This will give the mean gain over all participants with its interval, and the least of all, in points."""
    rows = [(zoo, name) for zoo, jobs in zoos.items() for name in jobs[0]]
    own, held = [], []
    for zoo, name in rows:
        own.append(np.stack([job[name].after_N for job in zoos[zoo]]))
        held.append(np.stack([_given(job[name].alone_N) for job in alone[zoo]]))
    first_zoo, first = rows[0]
    sources_N = zoos[first_zoo][0][first].sources_N
    found = paired(np.mean(own, axis=0), np.mean(held, axis=0), sources_N)
    gains = [gain_over_alone(zoos[zoo], name, alone[zoo]).mean for zoo, name in rows]
    told = {
        "mean": 100 * found.mean,
        "low": 100 * found.low,
        "high": 100 * found.high,
        "least": min(gains),
        "goal": bool(found.low > 0 and min(gains) >= WORST),
    }
    print(
        f"\nMean gain over plain fine-tuning {told['mean']:+.2f} points ({told['low']:+.2f} to {told['high']:+.2f}), "
        f"the least of a participant {told['least']:+.2f}."
    )
    return told


def _three(jobs: Sequence[Zoo], alone: Sequence[Zoo], name: str, metric: str) -> tuple[float, float, float]:
    """Means over seeds of a metric on test: at the start, alone, together; shares in points."""

    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values)) * (1 if metric in {"nss", "kld"} else 100)

    return (
        mean([job[name].told["before"]["test"][metric] for job in jobs]),
        mean([job[name].told["alone"]["test"][metric] for job in alone]),
        mean([job[name].told["after"]["test"][metric] for job in jobs]),
    )


def _given(values_N: Numbers | None) -> Numbers:
    assert values_N is not None
    return values_N


def _short(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in list(metrics.items())[:3])
