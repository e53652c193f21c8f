"""How long a training lasts, which batches it sees when, and when it speaks, measures and saves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from mtkd_engine.seeding import epoch_order
from mtkd_engine.spec import OptimSpec

State: TypeAlias = dict[str, Any]
"""What a training leaves, as plain data and tensors."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long to train, how often to speak and save; `checkpoints` None saves nothing.

    A training that follows another one counts on from its steps, `before`, and keeps its end, `earlier`, in its
    own checkpoints. Where both are stages of one, it counts on from epochs and measurements as well.
    """

    optim: OptimSpec
    seed: int
    log_every: int
    measure_every: int
    checkpoint_every: int = 0
    checkpoints: Path | None = None
    spec_hash: str = ""
    before: int = 0
    before_epochs: int = 0
    before_measurements: int = 0
    earlier: State | None = None
    beside: State = field(default_factory=dict)
    """What its checkpoints hold besides."""

    def steps(self, samples: int) -> int:
        """This will count the steps of the whole training."""
        return self.optim.epochs * self.steps_of_epoch(samples)

    def steps_of_epoch(self, samples: int) -> int:
        """This will count the steps of one epoch."""
        return math.ceil(samples / self.optim.batch_size)

    def measurements(self) -> int:
        """This will count the measurements of the whole training."""
        return math.ceil(self.optim.epochs / self.measure_every)

    def measures_at(self, step: int, *, samples: int) -> bool:
        """This will tell whether the state is measured after a step: epochs that are to be, and the last one."""
        epoch, place = divmod(step, self.steps_of_epoch(samples))
        return step == self.steps(samples) or (place == 0 and epoch > 0 and epoch % self.measure_every == 0)

    def saves_at(self, step: int, *, samples: int) -> bool:
        """This will tell whether a checkpoint is due: now and then, and before the measuring that ends a job."""
        return self.checkpoints is not None and (
            step % self.checkpoint_every == 0 or step == self.steps(samples)
        )

    def places(self, samples: int, *, begun: int) -> Iterator[tuple[list[int], int]]:
        """This will yield positions and epoch of every batch, from a step on."""
        size, per_epoch = self.optim.batch_size, self.steps_of_epoch(samples)
        done, first = divmod(begun, per_epoch)
        for epoch in range(done, self.optim.epochs):
            seen = self.before_epochs + epoch
            order = epoch_order(seed=self.seed, epoch=seen, samples=samples)
            for place in range(first if epoch == done else 0, per_epoch):
                yield order[place * size : (place + 1) * size], seen

    def following(self, samples: int) -> Schedule:
        """This will give the same schedule for a training that comes after this one."""
        return replace(
            self,
            before=self.before + self.steps(samples),
            before_epochs=self.before_epochs + self.optim.epochs,
            before_measurements=self.before_measurements + self.measurements(),
        )
