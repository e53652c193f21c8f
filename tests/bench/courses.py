"""Classifiers in training that go on when they are asked to, by the engine's own method and loop.

Several of them are timed in turns, so that a slow moment of the machine meets all.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import torch

from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Event, Metrics, Stepped
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.classification.build import build_job
from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.modelfile import save_model
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import ClassificationSpec, parse
from mtkd_engine.tasks.classification.splits.build import splits_of
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.faculty import prepare_faculty
from mtkd_engine.teachers.classification.load import load_class_teachers

ResultT = TypeVar("ResultT")
NAMES = ("first", "second", "third")
VIEWS = 2
ENDLESS = 1000  # epochs, so that the learning rate stays near its highest


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is to learn, and from whom."""

    train: int = 1920
    batch: int = 128
    teacher: int = 56
    student: int = 8
    pixels: int = 32
    warm_up: int = 15
    """Steps that each teacher is trained, so that its statistics are those of images."""


@dataclass(frozen=True)
class Lap:
    """An epoch: all that it took, its measuring included, and each of its steps."""

    seconds: float
    steps: list[float]
    losses: list[float]


@dataclass(frozen=True)
class School:
    """One dataset and three teachers in a folder; what is there already is taken as it is."""

    base: Path
    size: Size
    device: str = "cpu"

    @cached_property
    def dataset(self) -> ImageDataset:
        """The generated images."""
        folder, count = self.base / "images", self.size.train
        if not folder.exists():
            make_images(
                folder, images=ImagesPerSplit(train=count, val=count // 10, test=16), size=self.size.pixels
            )
        return load_images(folder)

    @cached_property
    def teachers(self) -> list[ClassTeacher]:
        """Three networks of one kind, each from a seed of its own, trained for some steps."""
        files = {name: self.base / f"{name}.safetensors" for name in NAMES}
        for seed, file in enumerate(files.values(), 1):
            if not file.exists():
                course = Course(self, method=None, net={"depth": self.size.teacher}, seed=seed)
                course.run(self.size.warm_up)
                save_model(file, parameters=course.job.student.state_dict(), card=course.job.card)
        return load_class_teachers(files, dataset=self.dataset)

    def spec(
        self,
        method: Mapping[str, Any] | None,
        *,
        net: Mapping[str, Any] | None = None,
        optim: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> ClassificationSpec:
        """This will state a job; without a method it learns from labels alone."""
        kind = {"family": "cifar_resnet", "shortcut": "conv", "depth": self.size.student, **(net or {})}
        taught: dict[str, Any] = {}
        if method is not None:
            taught = {"method": {"kind": "multi_teacher", **method}, "teachers": list(NAMES)}
        stated = {
            "task": "classification",
            "data": {"dataset": "images", "size": self.size.pixels, "augment": {"views": VIEWS}},
            "student": {"net": kind, "input": {"size": self.size.pixels}},
            "optim": {"epochs": ENDLESS, "batch_size": self.size.batch, **(optim or {})},
            "seed": seed,
        }
        spec = parse({**stated, **taught})
        assert isinstance(spec, ClassificationSpec)
        return spec


@dataclass
class Course:
    """One training by the engine's loop, with all that a job has but checkpoints; it never comes to its end."""

    school: School
    method: Mapping[str, Any] | None
    net: Mapping[str, Any] | None = None
    optim: Mapping[str, Any] | None = None
    seed: int = 0
    log_every: int = 2
    measure_every: int = 1
    losses: list[float] = field(default_factory=list)
    """The whole loss at each time that it was spoken of."""

    def __post_init__(self) -> None:
        school = self.school
        self.spec = school.spec(self.method, net=self.net, optim=self.optim, seed=self.seed)
        splits = splits_of(self.spec.data, dataset=school.dataset, device=school.device)
        self.faculty = None
        if self.method is not None:
            self.faculty = _ended(
                prepare_faculty(
                    self.spec,
                    teachers=school.teachers,
                    splits=splits,
                    dataset=school.dataset,
                    cache=school.base / "cache",
                    device=school.device,
                )
            )
        torch.manual_seed(derived_seed("student", self.seed))
        self.job: ClassJob = build_job(
            self.spec, dataset=school.dataset, splits=splits, faculty=self.faculty, device=school.device
        )
        self.schedule = Schedule(
            optim=self.spec.optim,
            seed=self.seed,
            log_every=self.log_every,
            measure_every=self.measure_every,
        )
        self._loop = fit(
            self.job.method,
            train=splits["train"],
            schedule=self.schedule,
            progress=Progress(weights=self._record()),
        )

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.schedule.steps_of_epoch(len(self.job.splits["train"]))

    def run(self, steps: int) -> list[float]:
        """This will do so many steps and give the seconds of each, what happens between them included."""
        taken: list[float] = []
        began = time.perf_counter()
        for event in self._loop:
            if isinstance(event, Metrics) and "loss/total" in event.values:
                self.losses.append(event.values["loss/total"])
            if isinstance(event, Stepped):
                now = time.perf_counter()
                taken.append(now - began)
                began = now
                if len(taken) == steps:
                    break
        return taken

    def epoch(self) -> Lap:
        """This will do all steps of an epoch and measure on validation, as a job does."""
        before = len(self.losses)
        self._wait()
        began = time.perf_counter()
        steps = self.run(self.steps)
        self._wait()
        return Lap(time.perf_counter() - began, steps, self.losses[before:])

    def _wait(self) -> None:
        if self.school.device != "cpu":
            torch.cuda.synchronize()

    def _record(self) -> WeightRecord | None:
        if self.faculty is None:
            return None
        train, val = (
            [sample.sample_id for sample in self.school.dataset.splits[split]] for split in ("train", "val")
        )
        return WeightRecord(
            teachers=self.faculty.val.names,
            train=train,
            val=val,
            epochs=ENDLESS,
            measured=self.schedule.measurements(),
        )


def _ended(events: Generator[Event, None, ResultT]) -> ResultT:
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


def ordinary(laps: Sequence[Lap]) -> list[float]:
    """This will give the seconds of the steps at which nothing was measured: all but the last of an epoch."""
    return [seconds for lap in laps for seconds in lap.steps[:-1]]
