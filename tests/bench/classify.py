"""One small student, many teachers: every way of weighing them, on images that someone else's checkpoints know.

    make bench NAME=classify DATA=folder TEACHERS=folder

DATA holds `train.parquet`, `test.parquet` (id, image, label) and `classes.json`; TEACHERS holds checkpoints (`.th`,
`.pt`, `.pth`). The 1,000 test images with the smallest sha256 of their ids are the calibration part: temperatures,
learned weights and the choice of the best epoch come from them, and no figure is measured on them.

As many jobs run beside each other as the machine has cores, each on one thread: small networks gain little from a
second one. With BENCH_FOLDER set, everything is kept there, and runs that have ended there are not done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.progress import Progress
from mtkd_engine.spec import TeacherStatement
from mtkd_engine.teachers.classification.evaluate import evaluate_classifier
from mtkd_engine.teachers.intake.check import Intake, check_classifier
from mtkd_engine.teachers.load import MODEL
from tests.bench.runs import Asked, Done, kept_folder, row_of, run_beside

CALIBRATION = 1000
SEEDS = (0, 1, 2)
SUFFIXES = {".th", ".pt", ".pth"}
OPTIM = {
    "epochs": 20,
    "batch_size": 128,
    "learning_rate": 0.1,
    "precision": "bfloat16",
    "channels_last": True,
}
VIEWS = 10
SOLO = "solo"
AVERAGE = "uniform"
AGGREGATORS: dict[str, dict[str, Any]] = {
    "best_single": {"kind": "best_single"},
    AVERAGE: {"kind": "uniform"},
    "uniform of logits": {"kind": "uniform", "space": "logit"},
    "entropy": {"kind": "entropy"},
    "confidence": {"kind": "confidence"},
    "confidence_softmax": {"kind": "confidence_softmax"},
    "gradient": {"kind": "gradient"},
    "static": {"kind": "static"},
    "kau": {"kind": "kau"},
    "meta": {"kind": "meta"},
    "reinforced": {"kind": "reinforced"},
    "oracle (a bound)": {"kind": "oracle"},
}

Measured = dict[str, dict[str, float]]
"""Metrics by split."""


def run_all(base: Path, teachers: Mapping[str, Path]) -> dict[str, list[Done]]:
    """This will run every row with every seed; what came out, by row in the order of the seeds."""
    rows = [(name, seed) for seed in SEEDS for name in (SOLO, *AGGREGATORS)]
    ended = run_beside([_asked(name, seed, teachers) for name, seed in rows], base=base)
    done: dict[str, list[Done]] = {name: [] for name in (SOLO, *AGGREGATORS)}
    for (name, _), one in zip(rows, ended, strict=True):
        done[name].append(one)
    return done


def _asked(name: str, seed: int, teachers: Mapping[str, Path]) -> Asked:
    spec: dict[str, Any] = {
        "task": "classification",
        "data": {"dataset": "dataset", "augment": {"views": VIEWS}},
        "optim": OPTIM,
        "student": {"net": {"family": "cifar_resnet", "depth": 8}},
        "recording": {"log_every": 50, "checkpoint_every": 100_000},
        "seed": seed,
    }
    if name != SOLO:
        spec["method"] = {"kind": "multi_teacher", "aggregator": AGGREGATORS[name]}
    known = {} if name == SOLO else teachers
    return Asked(name=f"{name.replace(' ', '-')}-{seed}", spec=spec, teachers=known)


def main(data: str | None, teachers: str | None) -> None:
    """This will print the tables and, last, one line of JSON."""
    if data is None or teachers is None:
        print("DATA and TEACHERS: folders of images and of checkpoints are needed; nothing was measured.")
        return
    with kept_folder("bench-classify-") as base:
        split_off(Path(data), base / "dataset")
        taken = take_in(Path(teachers), base)
        rows = run_all(base, {name: folder for name, (folder, _) in taken.items()})
        told = report(rows, {name: quality for name, (_, quality) in taken.items()})
    print(json.dumps(told))


def split_off(data: Path, folder: Path) -> None:
    """This will write train, calibration (as validation) and the rest of test into a folder of Parquet files."""
    if folder.exists():
        return
    partial = folder.with_name("dataset.partial")
    partial.mkdir(parents=True, exist_ok=True)
    (partial / "classes.json").write_bytes((data / "classes.json").read_bytes())
    (partial / "train.parquet").write_bytes((data / "train.parquet").read_bytes())
    test = pq.read_table(data / "test.parquet")
    ids = [str(one) for one in test.column("id").to_pylist()]
    by_hash = sorted(ids, key=lambda one: hashlib.sha256(one.encode()).digest())
    chosen = set(by_hash[:CALIBRATION])
    is_chosen = pa.array([one in chosen for one in ids])
    pq.write_table(test.filter(is_chosen), partial / "val.parquet")
    pq.write_table(test.filter(pa.compute.invert(is_chosen)), partial / "test.parquet")
    partial.rename(folder)


def take_in(folder: Path, base: Path) -> dict[str, tuple[Path, Measured]]:
    """This will convert, calibrate and measure every checkpoint; sealed teachers and what was measured, by name."""
    found = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    taken = {}
    for path in found:
        name, sealed = path.name.split("-")[0].removesuffix(path.suffix), base / "teachers" / path.stem
        report = sealed.with_suffix(".json")
        if not report.exists():
            sealed.parent.mkdir(parents=True, exist_ok=True)
            check_classifier(
                Intake(
                    file=path,
                    said=TeacherStatement(),
                    data=load_images(base / "dataset"),
                    split="test",
                    seal=sealed,
                    say=Progress(),
                )
            )
            report.write_text(json.dumps(measured(sealed, base / "dataset")))
        taken[name] = (sealed, json.loads(report.read_text()))
    return taken


def measured(teacher: Path, data: Path) -> Measured:
    """This will measure a sealed teacher on the calibration part and on the other test images."""
    return {
        split: evaluate_classifier(teacher / MODEL, data=data, split=split) | {"samples": float(samples)}
        for split, samples in (("val", CALIBRATION), ("test", len(load_images(data).splits["test"])))
    }


def report(rows: Mapping[str, Sequence[Done]], teachers: Mapping[str, Measured]) -> dict[str, Any]:
    """This will print what teachers and students reached, and give the same numbers."""
    tested = len(rows[SOLO][0].right_N)
    print(f"\n### Teachers (all test images; calibration and the {tested:,} others together in `all`)\n")
    own = {name: _of_teacher(said) for name, said in teachers.items()}
    print("| teacher | top-1, test | top-1, calibration | top-1, all | ECE, test |\n|---|---|---|---|---|")
    for name, row in own.items():
        print(f"| {name} | {row['test']:.2f} | {row['val']:.2f} | {row['all']:.2f} | {row['ece']:.3f} |")
    print(f"\n### Students, {len(SEEDS)} seeds, {tested:,} test images\n")
    print("| student | top-1 | spread | minus the average | 95 % |\n|---|---|---|---|---|")
    students = {
        name: row_of(found, rows[AVERAGE], unit=lambda one: one.ids_N) for name, found in rows.items()
    }
    for name, row in students.items():
        print(
            f"| {name} | {row['top1']:.2f} | {row['spread']:.2f} | {row['difference']:+.2f} | "
            f"{row['low']:+.2f} to {row['high']:+.2f} |"
        )
    print("\n### On the same images, without a student (seed 0)\n\n| | top-1 |\n|---|---|")
    for name, values in rows[AVERAGE][0].result["baselines"].items():
        print(f"| *{name}* | {100 * values['top1']:.2f} |")
    return {"teachers": own, "students": students, "test_images": tested, "seeds": len(SEEDS)}


def _of_teacher(said: Measured) -> dict[str, float]:
    right = {split: said[split]["top1"] * said[split]["samples"] for split in said}
    every = sum(right.values()) / sum(values["samples"] for values in said.values())
    return {
        "test": 100 * said["test"]["top1"],
        "val": 100 * said["val"]["top1"],
        "all": 100 * every,
        "ece": said["test"]["ece"],
    }
