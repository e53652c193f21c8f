"""Four families of grounding networks on the generated world: each alone, and together as teachers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import yaml

from tests.bench.application import HEAD, application, line

SEEDS = (0, 1, 2)
PROPOSAL = {
    "data": {"dataset": "world"},
    "student": {"net": {"family": "proposal", "clips": 32, "width": 48}},
    "optim": {"epochs": 12, "learning_rate": 0.005},
}
REGRESSION = {**PROPOSAL, "student": {"net": {"family": "regression", "clips": 32, "width": 48}}}


def main() -> None:
    """This will train every family with every seed from labels, then one student with the first of each as teachers."""
    from jobs.demo.story import FOLDER

    demo = {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) for name in ("span", "map2d", "emtm")}
    specs: dict[str, dict[str, Any]] = {
        "span": demo["span"],
        "map2d": demo["map2d"],
        "proposal": PROPOSAL,
        "regression": REGRESSION,
    }
    with application(data_roots=[]) as app:
        world = app.home / "data" / "world"
        world.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mtkd_engine", "make-data", "--out", str(world)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        app.dataset("world", world)
        seeds = {
            name: [app.submit({**spec, "name": name, "seed": seed}) for seed in SEEDS[1:]]
            for name, spec in specs.items()
        }
        first = app.teachers({name: {**spec, "name": name} for name, spec in specs.items()})
        print(HEAD)
        for name, jobs in seeds.items():
            results = [first[name], *(app.result(job) for job in jobs)]
            print(line(name, *[result["metrics"] for result in results]), flush=True)
        together = app.result(app.submit({**demo["emtm"], "teachers": list(specs)}))
        print(line("EMTM student of all four", together["metrics"]))
        for name, values in together["baselines"].items():
            if not name.startswith("teacher:"):
                print(line(f"*{name}*", values))
