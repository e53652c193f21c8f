"""Folds of a folder of clips: every clip is tested in one of them, and no source stands on both sides of any."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from pathlib import Path

from mtkd_engine.data.check.validate import check_dataset

FOLDS = 5


def stated_clips(data: Path) -> list[dict[str, str]]:
    """This will read `clips.csv`: file, label and source of each clip."""
    with (data / "clips.csv").open(newline="") as table:
        return [
            {
                "file": row["file"],
                "label": row["label"],
                "source": row.get("group") or row.get("source") or row["file"],
            }
            for row in csv.DictReader(table)
        ]


def seal_fold(fold: int, data: Path, base: Path) -> None:
    """This will lay out a fold as a user would hand it in, with its own `clips.csv`, and seal it; once."""
    folder = base / fold_name(fold)
    if (folder / "sealed").exists():
        return
    clips = stated_clips(data)
    fold_of = _folds(clips)
    handed = folder / "handed"
    shutil.copytree(data / "clips", handed / "clips", dirs_exist_ok=True)
    with (handed / "clips.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, ["file", "label", "source", "split"])
        writer.writeheader()
        for clip in clips:
            writer.writerow({**clip, "split": "test" if fold_of[clip["source"]] == fold else "train"})
    check_dataset(handed, accept=("drop_shared", "drop_duplicates"), seal=folder / "sealed")
    shutil.rmtree(handed)


def fold_name(fold: int) -> str:
    """This will name the folder of a fold."""
    return f"fold-{fold}"


def _folds(clips: list[dict[str, str]]) -> dict[str, int]:
    """Large sources first, each where its classes are rarest by then: the same at every call."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        labels[clip["source"]][clip["label"]] += 1
    totals = Counter(clip["label"] for clip in clips)
    held: list[Counter[str]] = [Counter() for _ in range(FOLDS)]
    placed: dict[str, int] = {}
    for source in sorted(labels, key=lambda name: (-labels[name].total(), name)):
        fullness = [
            sum(((held[fold][label] + labels[source][label]) / totals[label]) ** 2 for label in totals)
            - sum((held[fold][label] / totals[label]) ** 2 for label in totals)
            for fold in range(FOLDS)
        ]
        placed[source] = fullness.index(min(fullness))
        held[placed[source]].update(labels[source])
    return placed
