"""Segmenters and saliency networks that teach each other: two small ones of different families, trained here first."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.task import task_of
from tests.bench.zoo_rows import (
    SEEDS,
    Asked,
    Reached,
    Zoo,
    gain_over_alone,
    mean_gain,
    run_solo,
    run_zoos,
    table,
)

SALIENCY = ["auc_j", "s_auc", "cc", "sim", "nss", "kld"]
RESNET = {"family": "cifar_resnet", "depth": 14}


@dataclass(frozen=True)
class Plan:
    """What is trained of a task, and how long; both parts of the work see the same samples."""

    data: Mapping[str, Any]
    reads: Mapping[str, Any]
    nets: Mapping[str, Mapping[str, Any]]
    epochs: int
    fine_epochs: int
    metrics: Sequence[str]
    batch: int = 8
    rate: float = 2e-3
    fine_rate: float = 2e-4

    def spec(self, task: str, parts: Mapping[str, Any]) -> dict[str, Any]:
        """A job on the dataset, with some of its parts said."""
        return {
            "task": task,
            "data": {"dataset": "dataset", **self.data},
            "recording": {"log_every": 50, "checkpoint_every": 100_000},
            **parts,
        }

    def optim(self, *, fine: bool) -> dict[str, Any]:
        """How long and how fast: the first training, or the second one that starts from its end."""
        return {
            "epochs": self.fine_epochs if fine else self.epochs,
            "batch_size": self.batch,
            "learning_rate": self.fine_rate if fine else self.rate,
            "precision": "bfloat16",
        }


_SIZE = {"height": 96, "width": 128}
_MAPS: dict[str, dict[str, Any]] = {
    "pyramid": {"family": "pyramid", "backbone": RESNET},
    "segformer": {"family": "segformer"},
}
MASKS = Plan(
    data={"kind": "masks", **_SIZE},
    reads=_SIZE,
    nets=_MAPS,
    epochs=24,
    fine_epochs=6,
    metrics=["miou", "pixel_accuracy", "class_accuracy"],
)
PICTURES = Plan(
    data={"kind": "gaze", **_SIZE}, reads=_SIZE, nets=_MAPS, epochs=16, fine_epochs=6, metrics=SALIENCY
)
_SMALL = {"height": 56, "width": 96}
VIDEOS = Plan(
    data={"kind": "gaze_video", **_SMALL, "frames": 8, "stride": 4, "rate": 5.0},
    reads={"kind": "film", "frames": 8, **_SMALL},
    nets={"conv3d": {"family": "conv3d_maps"}, "space_time": {"family": "space_time"}},
    epochs=10,
    fine_epochs=4,
    metrics=[*SALIENCY, "temporal_consistency"],
    batch=4,
)


def run(data: Path, base: Path) -> dict[str, Any]:
    """This will print the tables and give the same numbers."""
    task = task_of(data)
    if task == "segmentation":
        return _one_split(data, base, task, MASKS)
    if (data / "videos").is_dir():
        return _leaving_out(data, base, VIDEOS)
    return _one_split(data, base, task, PICTURES)


def _one_split(data: Path, base: Path, task: str, plan: Plan) -> dict[str, Any]:
    _sealed(data, base / "dataset")
    _say(task, plan, "the split of the dataset" if task == "segmentation" else "a split by picture")
    zoos = {"pair": _transferred(base, task, plan)}
    rows = table(zoos, zoos, plan.metrics)
    return {"participants": rows, **mean_gain(zoos, zoos), "seeds": len(SEEDS)}


def _leaving_out(data: Path, base: Path, plan: Plan) -> dict[str, Any]:
    """Each video is tested on by models that saw none of it; the next one is validated on."""
    videos = sorted(path.stem for path in (data / "videos").iterdir())
    _say("saliency", plan, f"leave one of {len(videos)} videos out")
    folds: list[list[Zoo]] = []
    for place, video in enumerate(videos):
        folder = base / f"without-{video}"
        _fold(data, folder / "raw", test=video, val=videos[(place + 1) % len(videos)])
        _sealed(folder / "raw", folder / "dataset")
        folds.append(_transferred(folder, "saliency", plan))
    joined = {"pair": _joined(folds)}
    rows = table(joined, joined, plan.metrics)
    by_video = {
        video: {name: gain_over_alone(jobs, name, jobs).mean for name in jobs[0]}
        for video, jobs in zip(videos, folds, strict=True)
    }
    print("\n| left out | " + " | ".join(plan.nets) + " |\n|---" * 1 + "|---" * len(plan.nets) + "|")
    for video, gains in by_video.items():
        print(f"| {video} | " + " | ".join(f"{gains[name]:+.2f}" for name in plan.nets) + " |")
    return {"participants": rows, "by_video": by_video, **mean_gain(joined, joined), "seeds": len(SEEDS)}


def _transferred(base: Path, task: str, plan: Plan) -> list[Zoo]:
    """Both models trained from labels once, then together and each alone with every seed."""
    training = [
        Asked(
            f"train-{name}",
            plan.spec(
                task,
                {
                    "student": {"net": net, "input": plan.reads},
                    "optim": plan.optim(fine=False),
                    "evaluation": {"every_epochs": 2},
                    "seed": 7,
                },
            ),
            {},
        )
        for name, net in plan.nets.items()
    ]
    models = dict(zip(plan.nets, run_solo(training, base=base), strict=True))
    together = {"method": {"kind": "mutual"}, "evaluation": {"compare_solo": True}}
    asked = [
        Asked(
            f"pair-{seed}",
            plan.spec(task, {**together, "optim": plan.optim(fine=True), "seed": seed}),
            models,
        )
        for seed in SEEDS
    ]
    return run_zoos(asked, base=base)


def _joined(folds: Sequence[Sequence[Zoo]]) -> list[Zoo]:
    """By seed the samples of all folds behind each other, metrics as means over folds."""
    found = []
    for seed in range(len(SEEDS)):
        jobs = [fold[seed] for fold in folds]
        found.append({name: _together([job[name] for job in jobs]) for name in jobs[0]})
    return found


def _together(several: Sequence[Reached]) -> Reached:
    alone = [one.alone_N for one in several]
    told = {
        part: {
            "test": {
                metric: float(np.mean([one.told[part]["test"][metric] for one in several]))
                for metric in several[0].told[part]["test"]
            }
        }
        for part in ("before", "after", "alone")
    }
    return Reached(
        told,
        [source for one in several for source in one.sources_N],
        np.concatenate([one.after_N for one in several]),
        np.concatenate([values_N for values_N in alone if values_N is not None]),
    )


def _sealed(data: Path, to: Path) -> None:
    if not to.exists():
        check_dataset(data, name="dataset", seal=to)


def _fold(data: Path, folder: Path, *, test: str, val: str) -> None:
    """The same videos and fixations, with a column that says which split a video is of."""
    if folder.exists():
        return
    partial = folder.with_name("raw.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copytree(data / "videos", partial / "videos")
    with (data / "fixations.csv").open() as source, (partial / "fixations.csv").open("w") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, [*(rows.fieldnames or []), "split"])
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "split": {test: "test", val: "val"}.get(row["video"], "train")})
    partial.rename(folder)


def _say(task: str, plan: Plan, split: str) -> None:
    size = f"{plan.data['width']}x{plan.data['height']}"
    print(
        f"\n### Transfer, {task}, {split}, {len(SEEDS)} seeds; {' and '.join(plan.nets)}, {plan.epochs} epochs from "
        f"labels, then {plan.fine_epochs} together or alone, pictures of {size}\n"
    )
