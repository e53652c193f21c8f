"""A gallery of 16 px pictures, two classifiers trained on it, and jobs that train in a second."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Event
from mtkd_engine.profile import cost_of_classifier
from mtkd_engine.report.classification import ending
from mtkd_engine.report.zoo import classification as zoo
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import said_by
from tests.engine.pipelines.cinema import Cinema, make_cinema

STUDENT = "artifacts/student.safetensors"
TEACHERS = ("one", "two")
INPUT = {"size": 16}
SOLO: dict[str, Any] = {
    "task": "classification",
    "data": {"dataset": "gallery", "size": 16, "augment": {"views": 2, "crop_padding": 2}},
    "student": {"net": {"family": "cifar_resnet", "depth": 8}, "input": INPUT},
    "optim": {"epochs": 2, "batch_size": 32, "learning_rate": 0.05},
    "recording": {"log_every": 2, "checkpoint_every": 100},
}


@dataclass(frozen=True)
class Gallery:
    """Where the dataset and its teachers lie."""

    base: Path

    @property
    def teachers(self) -> dict[str, Path]:
        return {name: self.base / name / STUDENT for name in TEACHERS}

    def spec(self, method: Mapping[str, Any], **parts: Any) -> Spec:
        """A job of method multi_teacher with some of its parts replaced."""
        stated = {**SOLO, "teachers": list(TEACHERS), "method": {"kind": "multi_teacher", **method}, **parts}
        return parse(stated)

    def sources(self, **teachers: Path) -> Sources:
        return Sources(base=self.base, teachers={**self.teachers, **teachers})

    def start(
        self,
        spec: Spec,
        *,
        folder: Path,
        resume: Path | None = None,
        cache: Path | None = None,
        **teachers: Path,
    ) -> Generator[Event, None, None]:
        place = Place(folder=folder, cache=cache or self.base / "cache")
        return distill(spec, sources=self.sources(**teachers), place=place, resume=resume)

    def run(
        self, spec: Spec, *, folder: Path, stop_at: int | None = None, resume: Path | None = None
    ) -> list[Event]:
        """All that a job says, up to a step at which it is stopped."""
        return said_by(self.start(spec, folder=folder, resume=resume), stop_at=stop_at)


def newest(folder: Path) -> Path:
    found = checkpoint.latest(folder / "checkpoint")
    assert found is not None
    return found


def same_student(one: Path, other: Path) -> bool:
    ours, theirs = load_file(one / STUDENT), load_file(other / STUDENT)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs leave out what one image costs, whose measuring takes as long as the training of such a small one.

    Of a zoo, which tells it of every participant, they measure it once.
    """
    monkeypatch.setattr(ending, "_costs", lambda job, teachers: {})
    monkeypatch.setattr(zoo, "cost_of_classifier", partial(cost_of_classifier, runs=1))


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    base = tmp_path_factory.mktemp("gallery")
    make_images(
        base / "gallery",
        images=ImagesPerSplit(train=96, val=48, test=64),
        size=16,
        classes=4,
        difficulty=0.2,
    )
    made = Gallery(base)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ending, "_costs", lambda job, teachers: {})
        for seed, name in enumerate(TEACHERS):
            stated = {**SOLO, "seed": seed, "optim": {**SOLO["optim"], "epochs": 4}}
            made.run(parse(stated), folder=base / name)
    return made


@pytest.fixture(scope="session")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Cinema:
    """What jobs on clips and on features of clips are about."""
    return make_cinema(tmp_path_factory.mktemp("cinema"))
