"""A small student of few labels: from labels alone, from soft labels, in stages, in stages with pseudo labels.

    make bench NAME=staged DATA=folder

DATA holds features of clips (an .npz with features, labels, is_train, video, classes) or anything else that
`check dataset` takes for features. Equal clips in train and test are left out of train. A part of train is
validation: temperatures and the choice of the best epoch come from it, with all of its labels.

Of two kinds of teachers: `few`, which have learned from the same labels as the student and none more, and `all`, which
have learned from those of all training clips. With BENCH_FOLDER set, runs that have ended there are not done again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.clips.dataset import FeatureDataset
from mtkd_engine.data.clips.load import load_clips
from tests.bench.runs import Asked, Done, kept_folder, row_of, run_job, workers

SEEDS = (0, 1, 2)
SHARES = (0.02, 0.05, 0.1, 0.2, 1.0)
ROWS = 16
TEACHERS: dict[str, dict[str, Any]] = {
    "wide": {"family": "sequence", "stages": 3, "width": 128, "dropout": 0.3},
    "long": {"family": "sequence", "stages": 3, "width": 96, "kernel": 7, "dropout": 0.3},
}
STUDENT = {"family": "sequence", "stages": 3, "width": 32}
OPTIM = {
    "epochs": 24,
    "batch_size": 64,
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "weight_decay": 0.05,
}
AUGMENT = {"views": 10, "drop": 0.1, "mixup": 0.2}
SOLO, KD, STAGED, PSEUDO = "supervised only", "plain KD", "staged", "staged, pseudo labels"
METHODS: dict[str, dict[str, Any]] = {
    KD: {
        "kind": "multi_teacher",
        "aggregator": {"kind": "uniform"},
        "hard_weight": 0.3,
        "distill_weight": 0.7,
    },
    STAGED: {"kind": "staged", "pseudo": {"enabled": False}},
    PSEUDO: {"kind": "staged"},
}


def main(data: str | None) -> None:
    """This will print a table for each kind of teachers and, last, one line of JSON."""
    if data is None:
        print("DATA: a folder of features is needed; nothing was measured.")
        return
    with kept_folder("bench-staged-") as base:
        sealed = base / "dataset"
        if not sealed.exists():
            check_dataset(Path(data), accept=("drop_shared", "drop_duplicates"), seal=sealed)
        dataset = load_clips(sealed)
        assert isinstance(dataset, FeatureDataset)
        with workers() as pool:
            teachers = list(_teachers(dataset.features.width))
            list(pool.map(run_job, teachers, [base] * len(teachers)))
            students = [
                one for few in (True, False) for one in _students(dataset.features.width, base, few=few)
            ]
            done = dict(
                zip(
                    [one.name for one in students],
                    pool.map(run_job, students, [base] * len(students)),
                    strict=True,
                )
            )
        told = {kind: report(done, few=kind == "few") for kind in ("few", "all")}
    print(json.dumps({**told, "seeds": len(SEEDS), "test_clips": len(dataset.splits["test"])}))


def report(done: dict[str, Done], *, few: bool) -> dict[str, Any]:
    """This will print what students reached with teachers of few labels or of all, and give the same numbers."""
    print(f"\n### Teachers of {'the same labels' if few else 'all labels'}\n")
    print("| labels | method | top-1 | spread | minus supervised | 95 % | pseudo labels: accepted, right |")
    print("|---|---|---|---|---|---|---|")
    told: dict[str, Any] = {}
    for share in SHARES:
        alone = [done[_name(SOLO, share, seed, few=few)] for seed in SEEDS]
        for method in (SOLO, *METHODS):
            runs = [done[_name(method, share, seed, few=few)] for seed in SEEDS]
            row = row_of(runs, alone, unit=lambda one: one.sources_N) | _pseudo(runs)
            guessed = (
                f"{100 * row['accepted']:.0f} %, {100 * row['accuracy']:.1f} %" if "accepted" in row else "-"
            )
            print(
                f"| {100 * share:g} % | {method} | {row['top1']:.2f} | {row['spread']:.2f} | "
                f"{row['difference']:+.2f} | {row['low']:+.2f} to {row['high']:+.2f} | {guessed} |"
            )
            told[f"{method} {share:g}"] = row
    return told


def _pseudo(runs: Sequence[Done]) -> dict[str, float]:
    found = [done.result["pseudo_labels"] for done in runs if done.result.get("pseudo_labels")]
    if not found:
        return {}
    names = ("accepted", "accuracy")
    return {name: sum(one.get(name, 0.0) for one in found) / len(found) for name in names}


def _teachers(width: int) -> Iterator[Asked]:
    for share in SHARES:
        for seed in SEEDS:
            for name, net in TEACHERS.items():
                yield Asked(
                    name=f"teacher-{name}-{share:g}-{seed}", spec=_spec(net, width, share, seed), teachers={}
                )


def _students(width: int, base: Path, *, few: bool) -> Iterator[Asked]:
    for share in SHARES:
        for seed in SEEDS:
            known = share if few else 1.0
            teachers = {
                name: base / "jobs" / f"teacher-{name}-{known:g}-{seed}" / "artifacts" / "student.safetensors"
                for name in TEACHERS
            }
            spec = _spec(STUDENT, width, share, seed)
            if few:  # without teachers there is one of them
                yield Asked(name=_name(SOLO, share, seed, few=few), spec=spec, teachers={})
            for method, stated in METHODS.items():
                yield Asked(
                    name=_name(method, share, seed, few=few),
                    spec={**spec, "method": stated},
                    teachers=teachers,
                )


def _name(method: str, share: float, seed: int, *, few: bool) -> str:
    kind = "" if method == SOLO else ("-few" if few else "-all")
    return f"{method.replace(', ', '-').replace(' ', '-')}{kind}-{share:g}-{seed}"


def _spec(net: dict[str, Any], width: int, share: float, seed: int) -> dict[str, Any]:
    return {
        "task": "classification",
        "data": {
            "kind": "features",
            "dataset": "dataset",
            "rows": ROWS,
            "labels": {"share": share, "seed": seed},
            "augment": AUGMENT,
        },
        "student": {"net": net, "input": {"kind": "features", "width": width, "frames": ROWS}},
        "optim": OPTIM,
        "recording": {"log_every": 50, "checkpoint_every": 100_000},
        "seed": seed,
    }
