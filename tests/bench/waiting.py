"""How long the steps of a training wait for data: with batches made ahead, made in their turn, and with none to make.

The three sides train the same network, an epoch each in turns, so that a slow moment of the machine meets all.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest import mock

import torch

from mtkd_engine import loop
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.events import Event, Stepped
from mtkd_engine.methods.classification.build import build_job
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import ClassificationSpec
from mtkd_engine.tasks.ahead import in_turn
from mtkd_engine.tasks.classification.splits.build import splits_of
from tests.bench.turns import Ratio

AHEAD, IN_TURN, NONE = "ahead", "in turn", "nothing to make"
NEVER = 10**6
AskedT = TypeVar("AskedT")
MadeT = TypeVar("MadeT")


@dataclass(frozen=True)
class Epoch:
    """What an epoch took, and how much of that was waiting, in seconds."""

    seconds: float
    waited: float

    @property
    def share(self) -> float:
        """Of the epoch, waiting."""
        return self.waited / self.seconds


@dataclass
class Side:
    """One training by the engine's loop whose batches come in one of three ways."""

    spec: ClassificationSpec
    dataset: LabelledDataset
    way: str
    waited: float = 0.0
    epochs: list[Epoch] = field(default_factory=list)

    def __post_init__(self) -> None:
        splits = splits_of(self.spec.data, dataset=self.dataset, device="cpu")
        torch.manual_seed(derived_seed("student", 0))
        job = build_job(self.spec, dataset=self.dataset, splits=splits, faculty=None, device="cpu")
        schedule = loop.Schedule(optim=self.spec.optim, seed=0, log_every=NEVER, measure_every=NEVER)
        self.as_it_is = AHEAD if splits["train"].ahead else IN_TURN
        self._steps = schedule.steps_of_epoch(len(splits["train"]))
        with mock.patch.object(loop, "in_turn", self._timed):
            self._loop: Generator[Event, None, Any] = loop.fit(
                job.method, train=splits["train"], schedule=schedule, progress=loop.Progress()
            )
            self._run(0 if self.way != NONE else 1)  # a step to warm up, where no batch would be made by it

    def epoch(self) -> None:
        """This will train for an epoch."""
        self.waited, began = 0.0, time.perf_counter()
        with mock.patch.object(loop, "in_turn", self._timed):
            self._run(self._steps)
        self.epochs.append(Epoch(time.perf_counter() - began, self.waited))

    def close(self) -> None:
        """This will end the training."""
        self._loop.close()

    def _run(self, steps: int) -> None:
        while steps:
            steps -= isinstance(next(self._loop), Stepped)

    def _timed(
        self, make: Callable[[AskedT], MadeT], asked: Iterable[AskedT], *, ahead: bool
    ) -> Generator[MadeT, None, None]:
        """What the loop calls for its batches, by the clock."""
        if self.way == NONE:
            yield from itertools.repeat(make(next(iter(asked))))
        with closing(in_turn(make, asked, ahead=self.way == AHEAD)) as batches:
            while True:  # ends when the loop closes it: no training here comes to its end
                began = time.perf_counter()
                batch = next(batches)
                self.waited += time.perf_counter() - began
                yield batch


@dataclass(frozen=True)
class Waiting:
    """What was seen of one student: its sides, the first epochs of which see views that nobody has made."""

    sides: dict[str, list[Epoch]]
    cold: int
    as_it_is: str

    def share(self, way: str, *, cold: bool) -> float:
        """This will give the median share of waiting."""
        return statistics.median(epoch.share for epoch in self._epochs(way, cold=cold))

    def times_no_wait(self, way: str, *, cold: bool) -> Ratio:
        """This will compare epochs with those for which nothing was made, turn by turn."""
        own, other = (self._epochs(one, cold=cold) for one in (way, NONE))
        return Ratio.of([epoch.seconds for epoch in own], [epoch.seconds for epoch in other])

    def _epochs(self, way: str, *, cold: bool) -> list[Epoch]:
        epochs = self.sides[way]
        return epochs[: self.cold] if cold else epochs[self.cold :]


def waiting(spec: ClassificationSpec, dataset: LabelledDataset, *, cold: int, warm: int) -> Waiting:
    """This will train the three sides for so many epochs."""
    sides = [Side(spec, dataset, way) for way in (AHEAD, IN_TURN, NONE)]
    with closing(sides[0]), closing(sides[1]), closing(sides[2]):
        for _ in range(cold + warm):
            for side in sides:
                side.epoch()
    return Waiting({side.way: side.epochs for side in sides}, cold, sides[0].as_it_is)
