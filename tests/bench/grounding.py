"""Does per-sample weighting with video and query help a student? Real sentences on noised action timelines.

DATA is any folder with `charades.json` and `charades_sta_{train,test}.txt`. 4,000 train sentences, 8 epochs, at most 32
clips; teachers of four families are trained once and shared by all students of three seeds. Sizes, epochs and noise
were chosen on train and validation only. `SMALL=1` runs everything on a tenth of it with one seed, to try it out.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from tests.bench.methods import FULL, Bench, Done, print_rows
from tests.bench.timelines import KINDS, Sizes, kinds_of, write_timelines
from tests.real_data import CHARADES_STA

IS_SMALL = os.environ.get("SMALL", "") not in ("", "0")
SIZES = Sizes(train=400, val=100, test=400) if IS_SMALL else Sizes()
SEEDS = (0,) if IS_SMALL else (0, 1, 2)
FOLDS = 2 if IS_SMALL else 5
OPTIM = {"epochs": 2 if IS_SMALL else 8, "batch_size": 32, "learning_rate": 0.004}
STUDENT = {"family": "span", "clips": 32, "width": 24, "encoder_layers": 1}
TEACHERS: dict[str, dict[str, Any]] = {
    "span": {
        "family": "span",
        "clips": 32,
        "width": 64,
        "encoder_layers": 3,
        "attention_layers": 1,
        "dropout": 0.2,
    },
    "map2d": {"family": "map2d", "clips": 8, "width": 64, "dropout": 0.2},
    "proposal": {"family": "proposal", "clips": 32, "width": 64, "dropout": 0.2},
    "regression": {"family": "regression", "clips": 8, "width": 64, "dropout": 0.2},
}


def main(data: str | None = None) -> None:
    """This will run all rows and print tables; the last line is JSON."""
    source = Path(data) if data is not None else CHARADES_STA
    if not (source / "charades.json").is_file():
        print(
            f"skipped: no charades.json at {source} (DATA or MTKD_SHARED_DATA names the folder that holds it)"
        )
        return
    with tempfile.TemporaryDirectory(prefix="mtkd-grounding-") as folder:
        base = Path(folder)
        write_timelines(source, base / "timelines", sizes=SIZES)
        bench = Bench(
            base=base,
            dataset="timelines",
            student=STUDENT,
            teachers=TEACHERS,
            optim=OPTIM,
            seeds=SEEDS,
            folds=FOLDS,
        )
        rows = bench.rows()
        _print_kinds(rows[FULL][0], kinds_of(source))
        print(json.dumps({"small": IS_SMALL, **print_rows(rows)}))


def _print_kinds(done: Done, kinds: dict[tuple[str, float, float], str]) -> None:
    table = pq.read_table(done.folder / "per_sample.parquet").to_pylist()
    found: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in KINDS} for name in TEACHERS}
    for row in table:
        kind = kinds.get((row["video_id"], row["truth_start"], row["truth_end"]))
        if row["split"] == "val" and kind is not None:
            for name in TEACHERS:
                found[name][kind].append(row[f"{name}/iou"])
    print("\n### Teachers on validation, mIoU by kind of error\n")
    print("| teacher | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS))
    for name, by_kind in found.items():
        shown = [f"{100 * float(np.mean(values)):.1f}" if values else "–" for values in by_kind.values()]
        print(f"| {name} | " + " | ".join(shown) + " |")
