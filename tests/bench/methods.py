"""The same student taught in several ways by the same teachers: what grounding and fir_actions have alike."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mtkd_engine.comparing import paired
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse

FULL = "kau_plus + shared encoder"
METHODS: dict[str, tuple[dict[str, Any], bool]] = {
    "uniform": ({"kind": "uniform"}, False),
    "static": ({"kind": "static"}, False),
    "KAU": ({"kind": "kau"}, False),
    "KAU + shared encoder": ({"kind": "kau"}, True),
    FULL: ({"kind": "kau_plus"}, True),
}
PAIRS = (
    (FULL, "solo"),
    (FULL, "uniform"),
    (FULL, "static"),
    ("KAU + shared encoder", "solo"),
    ("KAU + shared encoder", "uniform"),
    ("KAU + shared encoder", "static"),
    ("KAU", "solo"),
    ("KAU", "uniform"),
    ("KAU", "static"),
    ("static", "uniform"),
    ("uniform", "solo"),
)
METRICS = ("r1@0.5", "r1@0.7", "miou")
COSTS = ("parameters", "macs", "latency_ms", "memory_bytes")
HEAD = "| row | R1@0.5 | R1@0.7 | mIoU |\n|---|---|---|---|"

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Done:
    """A job that ran: its folder of artifacts, and the IoU of the student on each test sample."""

    folder: Path
    iou_N: Numbers
    sources_N: list[str]

    @property
    def result(self) -> dict[str, Any]:
        """What result.json says."""
        return dict(json.loads((self.folder / "result.json").read_text()))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Runs jobs of the engine on the dataset folder `base / dataset`, all with one cache."""

    base: Path
    dataset: str
    student: Mapping[str, Any]
    teachers: Mapping[str, Mapping[str, Any]]
    optim: Mapping[str, Any]
    seeds: Sequence[int]
    folds: int
    others: Mapping[str, Any] = field(default_factory=dict)
    """Further parts of every job's spec."""

    def rows(self) -> dict[str, list[Done]]:
        """This will train the teachers, then the student alone and in every way, with each seed."""
        for name, net in self.teachers.items():
            self._run(f"teacher-{name}", student={"net": dict(net)})
        rows = {"solo": [self._run(f"solo-{seed}", seed=seed) for seed in self.seeds]}
        for name in self.teachers:
            rows[f"taught by {name} alone"] = [
                self._taught(f"only-{name}", [name], seed=seed, aggregator={"kind": "uniform"})
                for seed in self.seeds
            ]
        for name, (aggregator, is_shared) in METHODS.items():
            rows[name] = [
                self._taught(name, list(self.teachers), seed=seed, aggregator=aggregator, is_shared=is_shared)
                for seed in self.seeds
            ]
        return rows

    def _taught(
        self,
        name: str,
        teachers: list[str],
        *,
        seed: int,
        aggregator: Mapping[str, Any],
        is_shared: bool = False,
    ) -> Done:
        method = {
            "kind": "emtm",
            "folds": self.folds,
            "aggregator": dict(aggregator),
            "isomorphic": {"enabled": is_shared},
        }
        return self._run(f"{name.replace(' ', '-')}-{seed}", teachers=teachers, method=method, seed=seed)

    def _run(self, name: str, **parts: Any) -> Done:
        began = time.monotonic()
        base = {
            "data": {"dataset": self.dataset},
            "optim": dict(self.optim),
            "student": {"net": dict(self.student)},
        }
        place = Place(folder=self.base / name, cache=self.base / "cache")
        *_, last = distill(parse({**base, **self.others, **parts}), sources=self._sources, place=place)
        assert isinstance(last, Finished)
        print(f"{name}: mIoU {last.metrics['miou']:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        table = pq.read_table(
            place.artifacts / "per_sample.parquet", columns=["split", "source_id", "student_iou"]
        )
        rows = [row for row in table.to_pylist() if row["split"] == "test"]
        return Done(
            place.artifacts,
            np.array([row["student_iou"] for row in rows]),
            [row["source_id"] for row in rows],
        )

    @property
    def _sources(self) -> Sources:
        files = {name: self.base / f"teacher-{name}/artifacts/student.safetensors" for name in self.teachers}
        return Sources(base=self.base, teachers=files)


def print_rows(rows: dict[str, list[Done]]) -> dict[str, Any]:
    """This will print students, ensembles without a student, differences and costs; returns the numbers."""
    first = rows[FULL][0]
    print(f"\n### Students, mean of {len(rows[FULL])} seed(s), {len(first.iou_N)} test samples\n\n{HEAD}")
    values = {name: _metrics([done.iou_N for done in found]) for name, found in rows.items()}
    for name, row in values.items():
        _print_row(name, list(row.values()))
    print(f"\n### On the same samples, without a student\n\n{HEAD}")
    for name, row in first.result["baselines"].items():
        _print_row(f"*{name}*", [row[key] for key in METRICS])
    print("\n### Paired differences in mIoU, 95 % over sources and seeds\n\n| | points |\n|---|---|")
    differences = {f"{one} - {other}": _difference(rows[one], rows[other]) for one, other in PAIRS}
    for name, found in differences.items():
        print(f"| {name} | {found['difference']:+.2f} ({found['low']:+.2f} to {found['high']:+.2f}) |")
    share = _print_costs(first.result["cost"])
    return {"rows": values, "differences": differences, "cost_share": share}


def _print_row(name: str, shares: Sequence[float]) -> None:
    print(f"| {name} | " + " | ".join(f"{100 * share:.1f}" for share in shares) + " |")


def _metrics(ious: list[Numbers]) -> dict[str, float]:
    iou_SN = np.stack(ious)
    return {
        "r1_05": float((iou_SN >= 0.5).mean()),
        "r1_07": float((iou_SN >= 0.7).mean()),
        "miou": float(iou_SN.mean()),
    }


def _difference(one: list[Done], other: list[Done]) -> dict[str, float]:
    own_SN, other_SN = (np.stack([done.iou_N for done in side]) for side in (one, other))
    found = paired(own_SN, other_SN, one[0].sources_N)
    return {"difference": 100 * found.mean, "low": 100 * found.low, "high": 100 * found.high}


def _print_costs(known: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Costs of student and teachers; returns the student's as shares of its teachers' mean."""
    teachers = [values for name, values in known.items() if name.startswith("teacher:")]
    mean = {key: float(np.mean([values[key] for values in teachers])) for key in COSTS}
    share = {key: round(known["student"][key] / mean[key], 3) for key in COSTS}
    print("\n### Cost of one query, batch 1\n\n| | parameters | million MACs | ms (median) | MB |")
    print("|---|---|---|---|---|")
    for name, row in {**known, "the teachers' mean": mean}.items():
        print(
            f"| {name} | {row['parameters']:,.0f} | {row['macs'] / 1e6:.2f} | {row['latency_ms']:.2f} | "
            f"{row['memory_bytes'] / 1e6:.2f} |"
        )
    print("| student / mean | " + " | ".join(f"{value:.2f}" for value in share.values()) + " |")
    return share
