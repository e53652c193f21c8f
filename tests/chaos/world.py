"""What is trained while things break: noise, a small student, and what becomes of it when nothing happens."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine import events as said
from mtkd_engine.journal import read
from mtkd_engine.spec import dump_yaml, parse

Curves = dict[str, tuple[list[int], list[float]]]
CHECKOUT = Path(__file__).resolve().parents[2]
SYSTEM = "system/"  # what the machine measured of itself is never the same twice
NAME = "noise"
_WORDS = ("circle", "square", "star", "moves", "stops", "turns", "left", "red", "blue", "after")
_VIDEOS, _SENTENCES, _BATCH = 60, 2, 8
STEPS_PER_EPOCH = _VIDEOS * _SENTENCES // _BATCH


@dataclass(frozen=True)
class Work:
    """How much there is to train: epochs of 15 steps of about 15 ms."""

    epochs: int

    @classmethod
    def for_scale(cls, scale: float) -> Work:
        """This will choose a job that lasts longer than the lease, scaled as it is."""
        return cls(epochs=12 if scale > 3 else 300)

    @property
    def steps(self) -> int:
        return self.epochs * STEPS_PER_EPOCH

    @property
    def spec(self) -> dict[str, Any]:
        """The job's spec as a person would write it."""
        return {
            "data": {"dataset": NAME},
            "student": {"net": {"family": "span", "clips": 16, "width": 48, "encoder_layers": 2}},
            "optim": {"epochs": self.epochs, "batch_size": _BATCH},
            "evaluation": {"every_epochs": max(1, self.epochs // 6)},
            "recording": {"log_every": 1, "checkpoint_every": 10},
        }


@dataclass(frozen=True)
class Calm:
    """Curves and the sha256 of the student of a job that nothing happened to."""

    curves: Curves
    student: str


def make_noise(folder: Path) -> None:
    """This will write a dataset of nothing, the same each time."""
    draw = np.random.default_rng(3)
    features = {}
    folder.mkdir(parents=True)
    for split, count in (("train", _VIDEOS), ("val", 6), ("test", 6)):
        videos = {}
        for number in range(count):
            start = draw.uniform(0, 20, size=_SENTENCES)
            videos[f"{split}{number}"] = {
                "duration": 40.0,
                "timestamps": [[float(s), float(s + 10)] for s in start],
                "sentences": [" ".join(draw.choice(_WORDS, 5)) for _ in start],
            }
            features[f"{split}{number}"] = draw.normal(size=(12, 8)).astype(np.float32)
        (folder / f"{split}.json").write_text(json.dumps(videos))
    np.savez(folder / "features.npz", **features)  # type: ignore[arg-type]


def undisturbed(work: Work, folder: Path, *, times: int) -> Calm:
    """This will train so many times, side by side and undisturbed, and return what came out the same each time."""
    make_noise(folder / NAME)
    runs = [_start(work, folder, number) for number in range(times)]
    for run, _ in runs:
        assert run.wait() == 0, "the undisturbed job did not end well"
    first, *others = (_result(out) for _, out in runs)
    assert all(other == first for other in others), "the same job, undisturbed, came out differently"
    return first


def curves_of(journals: list[Path]) -> Curves:
    """This will read the curves that a journal tells."""
    curves: Curves = {}
    for path in journals:
        for line in read(path):
            if isinstance(line.event, said.Metrics):
                for name, value in line.event.values.items():
                    if not name.startswith(SYSTEM):
                        steps, values = curves.setdefault(name, ([], []))
                        steps.append(line.event.step)
                        values.append(value)
    return curves


def save(calm: Calm, path: Path) -> None:
    """This will keep what came out for other processes."""
    path.write_text(json.dumps({"curves": calm.curves, "student": calm.student}))


def load(path: Path) -> Calm:
    """This will read what `save` kept."""
    kept = json.loads(path.read_text())
    curves = {name: (steps, values) for name, (steps, values) in kept["curves"].items()}
    return Calm(curves=curves, student=kept["student"])


def _start(work: Work, folder: Path, number: int) -> tuple[subprocess.Popen[bytes], Path]:
    out = folder / f"calm-{number}"
    out.mkdir()
    (out / "spec.yaml").write_text(dump_yaml(parse(work.spec)))
    (out / "sources.json").write_text(json.dumps({"datasets": {NAME: str(folder / NAME)}}))
    command = [sys.executable, "-m", "mtkd_engine", "run", str(out / "spec.yaml"), "--out", str(out / "run")]
    options = ["--sources", str(out / "sources.json"), "--threads", "1"]
    with (out / "log").open("wb") as log:
        return subprocess.Popen([*command, *options], cwd=CHECKOUT, stdout=log, stderr=log), out


def _result(out: Path) -> Calm:
    student = (out / "run" / "artifacts" / "student.safetensors").read_bytes()
    return Calm(
        curves=curves_of([out / "run" / "journal.jsonl"]), student=hashlib.sha256(student).hexdigest()
    )
