"""A small student of compressed streams: alone, taught by the fused teacher, taught by several teachers.

    make bench NAME=compressed DATA=folder

DATA is a folder with `clips/` and `clips.csv` (columns file, label, and group or source). Every clip is in the test
part of one of five folds, which no source crosses; a part of a fold's training clips, by source again, is its
validation, from which the best epoch and temperatures come. The fused teacher is the three teachers of one stream each,
mixed 2:1:1 as published: streams that learn each by itself are the same networks.
After Wu & Chiu, doi 10.1016/j.sysarc.2019.101695, whose recipe is not public: networks, sizes and losses are ours.
With BENCH_FOLDER set, runs that have ended there are not done again.
Shape suffixes: S seeds, N test clips of all folds, C classes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from mtkd_engine.comparing import paired
from mtkd_engine.modelfile import load_classifier, save_model
from mtkd_engine.nets.classification import build_classifier
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier
from mtkd_engine.profile.streams import StreamsCost, cost_of_streams
from mtkd_engine.spec.classification.clipnets import STREAMS, StreamsNet
from tests.bench.folds import FOLDS, fold_name, seal_fold, stated_clips
from tests.bench.ranking import Numbers, Ranking
from tests.bench.runs import Asked, kept_folder, read_job, run_job, workers

SEEDS = (0, 1, 2)
SIZE, SEGMENTS = 112, 3
FUSED = "fused"
READS = {"kind": "streams", "segments": SEGMENTS, "size": SIZE}
OPTIM = {
    "epochs": 20,
    "batch_size": 8,
    "optimizer": "adamw",
    "learning_rate": 0.001,
    "weight_decay": 0.05,
    "precision": "bfloat16",
    "channels_last": True,
}
SOLO, SINGLE, MEAN, WEIGHED = "solo", "single (fused)", "several, mean", "several, CA-MKD"
METHODS: dict[str, tuple[tuple[str, ...], str]] = {
    SOLO: ((), ""),
    SINGLE: ((FUSED,), "uniform"),
    MEAN: ((*STREAMS, FUSED), "uniform"),
    WEIGHED: ((*STREAMS, FUSED), "confidence"),
}
"""Of every student: who teaches it, and how they are weighed."""


def main(data: str | None) -> None:
    """This will print a table of teachers and students and, last, one line of JSON."""
    if data is None:
        print("DATA: a folder with clips/ and clips.csv is needed; nothing was measured.")
        return
    clips = stated_clips(Path(data))
    with kept_folder("bench-compressed-") as base:
        with workers() as pool:
            for _ in pool.map(seal_fold, range(FOLDS), [Path(data)] * FOLDS, [base] * FOLDS):
                pass
            teachers = [_teacher(stream, fold) for fold in range(FOLDS) for stream in STREAMS]
            list(pool.map(run_job, teachers, [base] * len(teachers)))
            for fold in range(FOLDS):
                _fuse(base, fold)
            students = list(_students(base))
            list(pool.map(run_job, students, [base] * len(students)))
        told = {**report(base), **costs(base)}
    print(json.dumps({**told, "folds": FOLDS, "seeds": len(SEEDS), "clips": len(clips)}))


def report(base: Path) -> dict[str, Any]:
    """This will print what each teacher and student reaches on all clips, and give the same numbers."""
    ranking = _ranking(base)
    found = {f"teacher: {name}": _answers(base, WEIGHED, who=f"teacher:{name}") for name in (*STREAMS, FUSED)}
    found |= {method: _answers(base, method, who="student") for method in METHODS}
    print("\n| | accuracy | minus solo | 95 % | AUC | minus solo | 95 % |")
    print("|---|---|---|---|---|---|---|")
    told = {name: _row(name, answers, found[SOLO], ranking) for name, answers in found.items()}
    beside = _row(f"{MEAN}, minus {SINGLE}", found[MEAN], found[SINGLE], ranking)
    return {**told, "several_minus_single": beside}


def costs(base: Path) -> dict[str, float]:
    """This will print and give parameters, and multiply-accumulates per frame over a group of pictures."""
    teacher = _cost(base / fold_name(0) / f"{FUSED}.safetensors")
    student = _cost(base / "jobs" / _name(SOLO, 0, 0) / "artifacts" / "student.safetensors")
    parameters, macs = teacher.times_those_of(student)
    for name, cost in (("fused teacher", teacher), ("student", student)):
        print(
            f"{name}: {cost.parameters / 1e6:.2f} M parameters, {cost.macs_per_frame / 1e6:.0f} M MACs per frame"
        )
    return {"times_fewer_parameters": parameters, "times_fewer_macs_per_frame": macs}


def _row(name: str, own_SNC: Numbers, other_SNC: Numbers, ranking: Ranking) -> dict[str, float]:
    right_SN, other_SN = (
        (probs_SNC.argmax(2) == ranking.labels_N).astype(np.float64) for probs_SNC in (own_SNC, other_SNC)
    )
    gained = paired(right_SN, other_SN, ranking.sources_N)
    ranked = ranking.difference(own_SNC, other_SNC)
    row = {
        "accuracy": right_SN.mean(),
        "accuracy_difference": gained.mean,
        "accuracy_low": gained.low,
        "accuracy_high": gained.high,
        "auc": ranking.auc(own_SNC),
        **dict(zip(("auc_difference", "auc_low", "auc_high"), ranked, strict=True)),
    }
    row = {key: 100 * float(value) for key, value in row.items()}
    print(
        f"| {name} | {row['accuracy']:.1f} | {row['accuracy_difference']:+.1f} | {row['accuracy_low']:+.1f} to "
        f"{row['accuracy_high']:+.1f} | {row['auc']:.1f} | {row['auc_difference']:+.1f} | {row['auc_low']:+.1f} to "
        f"{row['auc_high']:+.1f} |"
    )
    return row


def _ranking(base: Path) -> Ranking:
    done = [read_job(base / "jobs" / _name(SOLO, fold, 0) / "artifacts") for fold in range(FOLDS)]
    truths = [truth for one in done for truth in one.truths_N]
    return Ranking(
        folds_N=np.repeat(np.arange(FOLDS), [len(one.truths_N) for one in done]),
        sources_N=[source for one in done for source in one.sources_N],
        labels_N=np.array([_classes(base).index(truth) for truth in truths]),
    )


@cache
def _classes(base: Path) -> tuple[str, ...]:
    return load_classifier(base / fold_name(0) / f"{FUSED}.safetensors")[1].classes


def _answers(base: Path, method: str, *, who: str) -> Numbers:
    """Probabilities (S, N, C), one fold after the other; teachers are the same for all seeds of students."""
    seeds = SEEDS if who == "student" else SEEDS[:1]
    return np.stack([_said(base, method, seed, who=who) for seed in seeds])


def _said(base: Path, method: str, seed: int, *, who: str) -> Numbers:
    found: list[list[float]] = []
    for fold in range(FOLDS):
        table = pq.read_table(
            base / "jobs" / _name(method, fold, seed) / "artifacts" / "probabilities.parquet"
        )
        rows = [row for row in table.to_pylist() if row["split"] == "test" and row["who"] == who]
        assert all(tuple(row["classes"]) == _classes(base) for row in rows)
        found += [row["probabilities"] for row in rows]
    return np.array(found)


def _cost(path: Path) -> StreamsCost:
    model, _ = load_classifier(path)
    assert isinstance(model, StreamsClassifier)
    return cost_of_streams(model, size=SIZE)


def _fuse(base: Path, fold: int) -> None:
    """The file of one network of three streams, out of three files of one stream each."""
    parts = {stream: load_classifier(_teacher_file(base, stream, fold)) for stream in STREAMS}
    nets = {stream: getattr(card.net, stream) for stream, (_, card) in parts.items()}
    card = parts["iframe"][1].model_copy(update={"net": StreamsNet(**nets), "metrics": {}})
    fused = build_classifier(card.net, classes=len(card.classes), input=card.input)
    tensors = {name: part for model, _ in parts.values() for name, part in model.state_dict().items()}
    fused.load_state_dict({**tensors, "fusion": fused.state_dict()["fusion"]})
    save_model(base / fold_name(fold) / f"{FUSED}.safetensors", parameters=fused.state_dict(), card=card)


def _teacher(stream: str, fold: int) -> Asked:
    depths = (3, 4, 6, 3) if stream == "iframe" else (2, 2, 2, 2)
    net = {name: _resnet(64, depths) if name == stream else None for name in STREAMS}
    return Asked(name=f"teacher-{stream}-{fold}", spec=_spec(net, fold, seed=0), teachers={})


def _teacher_file(base: Path, name: str, fold: int) -> Path:
    if name == FUSED:
        return base / fold_name(fold) / f"{FUSED}.safetensors"
    return base / "jobs" / f"teacher-{name}-{fold}" / "artifacts" / "student.safetensors"


def _students(base: Path) -> Iterator[Asked]:
    net = dict.fromkeys(STREAMS, _resnet(32, (2, 2, 2, 2)))
    for seed in SEEDS:
        for fold in range(FOLDS):
            for method, (names, aggregator) in METHODS.items():
                spec = _spec(net, fold, seed=seed)
                if names:
                    spec["method"] = {
                        "kind": "multi_teacher",
                        "aggregator": {"kind": aggregator},
                        "hard_weight": 0.3,
                        "distill_weight": 0.7,
                    }
                teachers = {name: _teacher_file(base, name, fold) for name in names}
                yield Asked(name=_name(method, fold, seed), spec=spec, teachers=teachers)


def _name(method: str, fold: int, seed: int) -> str:
    plain = method.replace(", ", "-").replace(" ", "-").replace("(", "").replace(")", "")
    return f"{plain}-{fold}-{seed}"


def _resnet(width: int, depths: tuple[int, ...]) -> dict[str, Any]:
    """Blocks of two convolutions: (2, 2, 2, 2) is a ResNet-18, (3, 4, 6, 3) a ResNet-34, of 64 channels at first."""
    sizes = [width * 2**stage for stage in range(len(depths))]
    config = {"layer_type": "basic", "embedding_size": width, "hidden_sizes": sizes, "depths": list(depths)}
    return {"family": "transformers", "model_type": "resnet", "config": config}


def _spec(net: dict[str, Any], fold: int, *, seed: int) -> dict[str, Any]:
    return {
        "task": "classification",
        "data": {
            "kind": "streams",
            "dataset": f"{fold_name(fold)}/sealed",
            "segments": SEGMENTS,
            "size": SIZE,
            "augment": {"views": 10},
        },
        "student": {"net": {"family": "streams", **net}, "input": READS},
        "optim": OPTIM,
        "recording": {"log_every": 50, "checkpoint_every": 100_000},
        "seed": seed,
    }
