"""What every fault is: a blow, a proof that it took effect, and a mending."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings

from jobs.models import User
from tests.chaos.arena import Arena, Machine
from tests.chaos.reader import Reader
from tests.chaos.story import Story


@dataclass
class Scene:
    """What a fault may break; `rings` is how many messages a submission sends."""

    arena: Arena
    user: User
    story: Story
    reader: Reader | None = None
    rings: int = 1

    def holder(self) -> Machine | None:
        """The machine that has the job now."""
        return self.story.holder()


class NothingToBreakError(Exception):
    """There was nothing to break: the job is not where the fault would strike."""


class Fault(ABC):
    """One fault of one schedule. What it does exactly is drawn when it is made.

    `losses` is how many attempts it may cost; `proof` says, once it struck, how its effect was seen. One that is
    `for_good` is mended when the job is at work again without what it broke.
    """

    kind: ClassVar[str]
    losses: ClassVar[int] = 0
    strikes_first: ClassVar[bool] = False

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.proof = ""
        self.missed = False
        self.for_good = False
        self.struck_at = 0.0
        self.choose()

    @property
    def details(self) -> str:
        """The variant, for a reader of the schedule."""
        return ""

    def choose(self) -> None:  # noqa: B027 - most faults have no variants
        """This will draw what the fault does exactly."""

    def begin(self, scene: Scene) -> None:
        """This will strike, or note that there was nothing to break."""
        self.struck_at = time.monotonic()
        try:
            self.strike(scene)
        except NothingToBreakError:
            self.missed = True

    @abstractmethod
    def strike(self, scene: Scene) -> None:
        """This will break something."""

    def mend(self, scene: Scene) -> bool:
        """This will mend what is due, and tell whether the fault is over; asked again and again."""
        return True

    def is_over(self, scene: Scene, *, after: float) -> bool:
        """Whether it is time to mend what should be away for so many seconds."""
        if self.for_good:
            return scene.story.is_over or all(loss.back is not None for loss in scene.story.losses)
        return self.since() > after

    def since(self) -> float:
        """Seconds since the fault struck."""
        return time.monotonic() - self.struck_at

    def prove(self, sentence: str, *, shown: bool) -> None:
        """This will keep the proof; without one the schedule does not count as played."""
        if shown:
            self.proof = sentence


def machine_with_the_job(scene: Scene) -> Machine:
    """This will give the machine that holds the job, or miss."""
    machine = scene.holder()
    if machine is None or machine.sound_since is None or not machine.is_up():
        raise NothingToBreakError
    return machine


class BeyondLease(Fault):
    """What keeps a worker from its lease until its job has been given to somebody else, and a little longer."""

    losses = 1
    proven_by: ClassVar[str]
    variants: ClassVar[tuple[str, str]]

    def choose(self) -> None:
        """This will draw the variant, and for how much longer than the lease it lasts."""
        self.is_first_variant = self.draw.random() < 0.5
        self._more = self.draw.uniform(0.0, 3.0)
        self._machine: Machine | None = None
        self._over_at: float | None = None

    @property
    def details(self) -> str:
        return self.variants[0 if self.is_first_variant else 1]

    @abstractmethod
    def breaks(self, machine: Machine) -> bool:
        """This will break something of the machine that has the job, and tell whether that took effect."""

    @abstractmethod
    def heals(self, machine: Machine) -> None:
        """This will mend it."""

    def strike(self, scene: Scene) -> None:
        """This will break it, if an engine is at work."""
        self._machine = machine = machine_with_the_job(scene)
        if not machine.engines(scene.story.job_id):
            raise NothingToBreakError
        self._fence = scene.story.fence
        machine.sound_since = None
        scene.story.stopped_training(self.kind)
        self._took_effect = self.breaks(machine)

    def mend(self, scene: Scene) -> bool:
        """This will mend it some time after the machine was fenced out."""
        machine, since = self._machine, self.since()
        if machine is None or machine.sound_since is not None:
            return True
        if self._over_at is None and scene.story.fence > self._fence:
            self._over_at = since + self._more
            self.prove(self.proven_by, shown=self._took_effect)
        if since > (self._over_at or 6 * settings.LEASE_SECONDS + 30):
            self.heals(machine)
            machine.sound_since = self.struck_at + since
            return True
        return False
