"""Clips and features of clips of the generated world, two teachers of the features, and jobs that train in a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from mtkd_engine.events import Event
from mtkd_engine.report.classification import ending
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import run

STUDENT = "artifacts/student.safetensors"
WIDTH = 32
READS = {"kind": "features", "width": WIDTH, "frames": 8}
OPTIM = {"epochs": 2, "batch_size": 16, "optimizer": "adamw", "learning_rate": 0.003}
RECORDING = {"log_every": 2, "checkpoint_every": 100}
FEATURES: dict[str, Any] = {
    "task": "classification",
    "data": {"kind": "features", "dataset": "features", "rows": 8, "augment": {"views": 2, "mixup": 0.2}},
    "student": {"net": {"family": "sequence", "stages": 2, "width": 16}, "input": READS},
    "optim": OPTIM,
    "recording": RECORDING,
}
STAGED = {
    **FEATURES,
    "data": {"kind": "features", "dataset": "features", "rows": 8, "labels": {"share": 0.2}},
    "method": {"kind": "staged", "aggregator": {"kind": "entropy"}, "earlier": "slow", "between_weight": 0.1},
    "optim": {**OPTIM, "epochs": 4},
}
TEACHERS = {"wide": {"stages": 2, "width": 32}, "deep": {"stages": 3, "width": 24}}


@dataclass(frozen=True)
class Cinema:
    """Where features, videos and teachers of the features lie."""

    base: Path

    def teachers(self) -> dict[str, Path]:
        return {name: self.base / name / STUDENT for name in TEACHERS}

    def run(
        self, spec: Spec, *, folder: Path, stop_at: int | None = None, resume: Path | None = None
    ) -> list[Event]:
        """All that a job says, up to a step at which it is stopped."""
        return run(spec, base=self.base, folder=folder, stop_at=stop_at, resume=resume, **self.teachers())


def make_cinema(base: Path) -> Cinema:
    """This will make both datasets and train the teachers."""
    make_clips(base / "features", clips=ClipsPerSplit(60, 30, 30), frames=12, difficulty=0.2, form="features")
    make_clips(base / "videos", clips=ClipsPerSplit(12, 6, 6), frames=14)
    made = Cinema(base)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ending, "_costs", lambda job, teachers: {})
        for seed, (name, sizes) in enumerate(TEACHERS.items()):
            student = {"net": {"family": "sequence", **sizes}, "input": READS}
            stated = {**FEATURES, "student": student, "seed": seed, "optim": {**OPTIM, "epochs": 6}}
            made.run(parse(stated), folder=base / name)
    return made


def taught(base: dict[str, Any], **parts: Any) -> Spec:
    return parse({**base, "teachers": list(TEACHERS), **parts})
