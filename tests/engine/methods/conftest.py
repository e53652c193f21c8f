"""A planted dataset, three sets of stored predictions that teach on it, and jobs of method emtm on both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.events import Entered, Event, Metrics, Warned
from mtkd_engine.spec import Spec, parse
from mtkd_engine.teachers.check import check_teacher
from tests.engine.attempts import Attempt, points, start
from tests.engine.loop.conftest import SOLO, write_planted
from tests.engine.predictions.conftest import everybody, noisy, write_jsonl

RECORDING = {**SOLO["recording"], "checkpoint_every": 100}
"""A job that is stopped saves a checkpoint all the same."""


@dataclass(frozen=True)
class School:
    """Where the dataset lies and what its teachers said: `sharp`, `vague` and `wrong`."""

    base: Path
    teachers: Mapping[str, Path]

    def spec(self, method: Mapping[str, Any], **parts: Any) -> Spec:
        """A job of method emtm with some of its parts replaced."""
        stated = {**SOLO, "recording": RECORDING, "teachers": list(self.teachers), **parts}
        stated["method"] = {"kind": "emtm", **method}
        return parse(stated)

    def start(self, spec: Spec, *, folder: Path, resume: Path | None = None) -> Attempt:
        return start(spec, base=self.base, folder=folder, resume=resume, **self.teachers)


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    base = tmp_path_factory.mktemp("school")
    write_planted(base / "planted", videos={"train": 12, "val": 4, "test": 5})
    samples = everybody(load_dataset(base / "planted"))
    wrong = {
        sample.sample_id: [[0.0, 0.1, 0.9]]
        if sample.windows[0][0] > 0
        else [[sample.duration - 0.1, sample.duration, 0.9]]
        for sample in samples
    }
    said = {
        "sharp": noisy(samples, noise=0.3, seed=1),
        "vague": noisy(samples, noise=3.0, seed=2),
        "wrong": wrong,
    }
    for name, windows in said.items():
        check_teacher(
            write_jsonl(base / f"{name}.jsonl", windows),
            dataset=base / "planted",
            seal=base / f"sealed-{name}",
        )
    return School(base, {name: base / f"sealed-{name}" for name in said})


def codes(events: list[Event]) -> list[str]:
    """Of all warnings, in their order."""
    return [event.code for event in events if isinstance(event, Warned)]


def entered(events: list[Event]) -> list[str]:
    """The parts of the work, in their order."""
    return [event.part for event in events if isinstance(event, Entered)]


def curves(events: list[Event]) -> set[str]:
    """The names of all metrics."""
    return {name for name, _ in points(events)}


def last(events: list[Event], name: str) -> float:
    """The last value of a metric."""
    values = [e.values[name] for e in events if isinstance(e, Metrics) and name in e.values]
    assert np.isfinite(values).all()
    return values[-1]
