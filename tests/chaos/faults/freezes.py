"""SIGSTOP of supervisor or engine for longer than a lease."""

from __future__ import annotations

import signal

from django.conf import settings

from tests.chaos.arena import Machine
from tests.chaos.faults.base import BeyondLease, Fault, NothingToBreakError, Scene, machine_with_the_job
from tests.chaos.processes import send, state_of, until

_STOPPED = {"T", "t"}


class SupervisorStopped(BeyondLease):
    """The worker's processes stop until the job has been given to somebody else, and then go on as if nothing was."""

    kind = "supervisor_stopped"
    proven_by = "it was stopped and its lease expired: the fence moved on"
    variants = (" (both)", " (child)")

    def breaks(self, machine: Machine) -> bool:
        """This will stop the supervisor of the job, and the main process too in the first variant."""
        self._pids = [*machine.supervisors(), *(machine.main() if self.is_first_variant else [])]
        send(self._pids, signal.SIGSTOP)
        return until(lambda: all(state_of(pid) in _STOPPED for pid in self._pids), seconds=5)

    def heals(self, machine: Machine) -> None:
        """This will let it go on."""
        send(self._pids, signal.SIGCONT)


class EngineStopped(Fault):
    """The engine stops for longer than a lease; sometimes nobody ever lets it go on."""

    kind = "engine_stopped"
    losses = 1

    def choose(self) -> None:
        """This will draw whether it goes on again."""
        self._for_ever = self.draw.random() < 0.4
        self._engines: list[int] = []

    @property
    def details(self) -> str:
        return " (for ever)" if self._for_ever else ""

    def strike(self, scene: Scene) -> None:
        """This will stop the engine."""
        self._engines = machine_with_the_job(scene).engines(scene.story.job_id)
        if not self._engines:
            raise NothingToBreakError
        scene.story.stopped_training(self.kind)
        send(self._engines, signal.SIGSTOP)
        stopped = until(
            lambda: all(state_of(pid) in {*_STOPPED, "", "Z"} for pid in self._engines), seconds=5
        )
        self.prove(f"engine {self._engines} was stopped (T) for longer than a lease", shown=stopped)

    def mend(self, scene: Scene) -> bool:
        """This will let it go on after more than a lease, if ever and if it is still there."""
        if not self._engines or self.since() > 1.3 * settings.LEASE_SECONDS:
            if not self._for_ever:
                send([pid for pid in self._engines if state_of(pid) in _STOPPED], signal.SIGCONT)
            return True
        return False
