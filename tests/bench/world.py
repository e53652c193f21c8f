"""The generated world: what each part of EMTM is worth, over three seeds."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import yaml

from tests.bench.application import HEAD, application, line

SEEDS = (0, 1, 2)
EMTM = {"kind": "emtm", "folds": 2}
CELLS: dict[str, dict[str, Any] | None] = {
    "no teachers": None,
    "EMTM, uniform weights": {**EMTM, "aggregator": {"kind": "uniform"}},
    "EMTM, static weights": {**EMTM, "aggregator": {"kind": "static"}},
    "EMTM, KAU": EMTM,
    "EMTM, KAU, start and end apart": {**EMTM, "aggregator": {"kind": "kau", "boundaries": 2}},
    "EMTM, KAU, in-sample beliefs": {**EMTM, "beliefs": "in_sample"},
    "EMTM, KAU, no twin": {**EMTM, "isomorphic": {"enabled": False}},
    "EMTM, KAU, no soft labels": {**EMTM, "distill_weight": 0.0},
}


def main() -> None:
    """This will train the demo's teachers once and every cell with every seed, and print the table."""
    from jobs.demo.story import FOLDER

    demo = {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) for name in ("span", "map2d", "emtm")}
    with application(data_roots=[]) as app:
        world = app.home / "data" / "world"
        world.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mtkd_engine", "make-data", "--out", str(world)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        app.dataset("world", world)
        app.teachers({f"demo-{name}": demo[name] for name in ("span", "map2d")})
        submitted = {
            name: [app.submit(_spec(demo["emtm"], method=method, seed=seed)) for seed in SEEDS]
            for name, method in CELLS.items()
        }
        print(HEAD)
        baselines: dict[str, Any] = {}
        for name, job_ids in submitted.items():
            results = [app.result(job_id) for job_id in job_ids]
            print(line(name, *[result["metrics"] for result in results]), flush=True)
            baselines = baselines or results[0]["baselines"] if CELLS[name] else baselines
        for name, values in baselines.items():
            if name != "aggregated":  # the one that differs from cell to cell
                print(line(f"*{name}*", values))


def _spec(emtm: dict[str, Any], *, method: dict[str, Any] | None, seed: int) -> dict[str, Any]:
    spec = {**emtm, "seed": seed}
    if method is None:
        return {key: value for key, value in spec.items() if key not in {"method", "teachers"}}
    return {**spec, "method": method}
