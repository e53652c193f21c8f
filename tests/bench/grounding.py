"""Does the whole method pay where a gate can look at video and query? Real sentences on noised action timelines.

DATA is any folder with `charades.json` and `charades_sta_{train,test}.txt`. 4,000 train sentences, 8 epochs, at most 32
clips; teachers of four families are trained once and shared by all students of three seeds. Sizes, epochs and noise
were chosen on train and validation only. `SMALL=1` runs everything on a tenth of it with one seed, to try it out.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
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
from tests.bench.timelines import KINDS, Sizes, kinds_of, write_timelines
from tests.real_data import CHARADES_STA

IS_SMALL = os.environ.get("SMALL", "") not in ("", "0")
SIZES = Sizes(train=400, val=100, test=400) if IS_SMALL else Sizes()
SEEDS = (0,) if IS_SMALL else (0, 1, 2)
OPTIM = {"epochs": 2 if IS_SMALL else 8, "batch_size": 16, "learning_rate": 0.003}
STUDENT = {"family": "span", "clips": 32, "width": 24, "encoder_layers": 1}
TEACHERS: dict[str, dict[str, Any]] = {
    "span": {"family": "span", "clips": 32, "width": 64, "encoder_layers": 3, "attention_layers": 1},
    "map2d": {"family": "map2d", "clips": 16, "width": 32},
    "proposal": {"family": "proposal", "clips": 32, "width": 48},
    "regression": {"family": "regression", "clips": 32, "width": 48},
}
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
    ("KAU", "uniform"),
    ("KAU", "static"),
    ("static", "uniform"),
)

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


class Bench:
    """Runs jobs of the engine in one folder, with one cache."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._sources = Sources(
            base=base,
            teachers={name: base / f"teacher-{name}/artifacts/student.safetensors" for name in TEACHERS},
        )

    def run(self, name: str, **parts: Any) -> Done:
        """This will run one job and say how long it took."""
        began = time.monotonic()
        spec = parse({"data": {"dataset": "timelines"}, "optim": OPTIM, "student": {"net": STUDENT}, **parts})
        place = Place(folder=self._base / name, cache=self._base / "cache")
        *_, last = distill(spec, sources=self._sources, place=place)
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
        bench = Bench(base)
        teachers = {
            name: bench.run(f"teacher-{name}", student={"net": net}) for name, net in TEACHERS.items()
        }
        rows = {"solo": [bench.run(f"solo-{seed}", seed=seed) for seed in SEEDS]}
        for name in TEACHERS:
            rows[f"taught by {name} alone"] = [
                _taught(bench, f"only-{name}", [name], seed=seed) for seed in SEEDS
            ]
        for name, (aggregator, is_shared) in METHODS.items():
            rows[name] = [
                _taught(bench, name, list(TEACHERS), seed=seed, aggregator=aggregator, is_shared=is_shared)
                for seed in SEEDS
            ]
        _print(rows, teachers, kinds=kinds_of(source))


def _taught(
    bench: Bench,
    name: str,
    teachers: list[str],
    *,
    seed: int,
    aggregator: Mapping[str, Any] | None = None,
    is_shared: bool = False,
) -> Done:
    method = {
        "kind": "emtm",
        "folds": 2 if IS_SMALL else 3,
        "aggregator": dict(aggregator or {"kind": "uniform"}),
        "isomorphic": {"enabled": is_shared},
    }
    return bench.run(f"{name.replace(' ', '-')}-{seed}", teachers=teachers, method=method, seed=seed)


def _print(
    rows: dict[str, list[Done]], teachers: dict[str, Done], *, kinds: dict[tuple[str, float, float], str]
) -> None:
    first = rows[FULL][0]
    print("\n### Teachers on validation, mIoU by kind of error\n")
    _print_kinds(first, kinds)
    print(f"\n### Students, mean of {len(SEEDS)} seed(s), {len(first.iou_N)} test samples\n")
    print("| row | R1@0.5 | R1@0.7 | mIoU |\n|---|---|---|---|")
    values = {name: _metrics([done.iou_N for done in found]) for name, found in rows.items()}
    for name, row in values.items():
        print(f"| {name} | " + " | ".join(f"{100 * value:.1f}" for value in row.values()) + " |")
    print("\nOn the same samples, without a student:\n\n| row | R1@0.5 | R1@0.7 | mIoU |\n|---|---|---|---|")
    for name, row in first.result["baselines"].items():
        print(
            f"| *{name}* | "
            + " | ".join(f"{100 * row[key]:.1f}" for key in ("r1@0.5", "r1@0.7", "miou"))
            + " |"
        )
    print("\n### Paired differences in mIoU, 95 % over sources and seeds\n\n| | points |\n|---|---|")
    differences = {f"{one} - {other}": _difference(rows[one], rows[other]) for one, other in PAIRS}
    for name, found in differences.items():
        print(f"| {name} | {found['difference']:+.2f} ({found['low']:+.2f} to {found['high']:+.2f}) |")
    share = _cost(first.result["cost"])
    print("\nThe student's cost as a share of its teachers' mean: " + json.dumps(share))
    print(json.dumps({"small": IS_SMALL, "rows": values, "differences": differences, "cost_share": share}))


def _print_kinds(done: Done, kinds: dict[tuple[str, float, float], str]) -> None:
    table = pq.read_table(done.folder / "per_sample.parquet").to_pylist()
    found: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in KINDS} for name in TEACHERS}
    for row in table:
        kind = kinds.get((row["video_id"], row["truth_start"], row["truth_end"]))
        if row["split"] == "val" and kind is not None:
            for name in TEACHERS:
                found[name][kind].append(row[f"{name}/iou"])
    print("| teacher | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS))
    for name, by_kind in found.items():
        shown = [f"{100 * float(np.mean(values)):.1f}" if values else "–" for values in by_kind.values()]
        print(f"| {name} | " + " | ".join(shown) + " |")


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


def _cost(known: dict[str, dict[str, Any]]) -> dict[str, float]:
    teachers = [values for name, values in known.items() if name.startswith("teacher:")]
    return {
        key: round(known["student"][key] / float(np.mean([values[key] for values in teachers])), 3)
        for key in ("parameters", "macs", "latency_ms", "memory_bytes")
    }
