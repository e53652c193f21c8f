"""Real video: overhead recordings of people with hand-labelled actions; the student taught in every way.

The set is small (103 test queries of 6 videos) and its sentences are templates: numbers are reported, nothing
is claimed. Sizes and epochs were chosen on validation only.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.methods import Bench, print_rows
from tests.real_data import FIR_ACTIONS

SEEDS = (0, 1, 2)
FOLDS = 3
OPTIM = {"epochs": 60, "batch_size": 16, "learning_rate": 0.003}
EVALUATION = {"every_epochs": 2}
STUDENT = {"family": "span", "clips": 64, "width": 24}
TEACHERS: dict[str, dict[str, Any]] = {
    "span": {"family": "span", "clips": 64, "width": 48, "attention_layers": 1},
    "map2d": {"family": "map2d", "clips": 32, "width": 32},
    "proposal": {"family": "proposal", "clips": 64, "width": 48},
    "regression": {"family": "regression", "clips": 64, "width": 48},
}


def main() -> None:
    """This will run all rows and print tables; the last line is JSON."""
    if not FIR_ACTIONS.is_dir():
        print(
            f"skipped: the data are not at {FIR_ACTIONS} (MTKD_SHARED_DATA names the folder that holds them)"
        )
        return
    with tempfile.TemporaryDirectory(prefix="mtkd-fir-") as folder:
        base = Path(folder)
        (base / FIR_ACTIONS.name).symlink_to(FIR_ACTIONS)
        bench = Bench(
            base=base,
            dataset=FIR_ACTIONS.name,
            student=STUDENT,
            teachers=TEACHERS,
            optim=OPTIM,
            seeds=SEEDS,
            folds=FOLDS,
            others={"evaluation": EVALUATION},
        )
        print(json.dumps(print_rows(bench.rows())))
