"""SIGSTOP of supervisor or engine for longer than a lease."""

from __future__ import annotations

import signal

from django.conf import settings

from tests.chaos.arena import Machine
from tests.chaos.faults.base import Fault, NothingToBreakError, Scene, machine_with_the_job
from tests.chaos.processes import send, state_of, until

_STOPPED = {"T", "t"}


class SupervisorStopped(Fault):
    """The worker's processes stop until the job has been given to somebody else, and then go on as if nothing was."""

    kind = "supervisor_stopped"
    losses = 1

    def choose(self) -> None:
        """This will draw whether the main process stops too, and for how much longer than the lease."""
        self._main_too = self.draw.random() < 0.5
        self._more = self.draw.uniform(0.0, 3.0)
        self._machine: Machine | None = None
        self._over_at: float | None = None

    @property
    def details(self) -> str:
        return " (both)" if self._main_too else " (child)"

    def strike(self, scene: Scene) -> None:
        """This will stop the supervisor of the job."""
        self._machine = machine = machine_with_the_job(scene)
        self._pids = [*machine.supervisors(), *(machine.main() if self._main_too else [])]
        if not machine.engines(scene.story.job_id):
            raise NothingToBreakError
        self._fence = scene.story.fence
        machine.sound_since = None
        scene.story.stopped_training(self.kind)
        send(self._pids, signal.SIGSTOP)
        self._stopped = until(lambda: all(state_of(pid) in _STOPPED for pid in self._pids), seconds=5)

    def mend(self, scene: Scene) -> bool:
        """This will let it go on some time after it was fenced out."""
        machine, since = self._machine, self.since()
        if machine is None or machine.sound_since is not None:
            return True
        if self._over_at is None and scene.story.fence > self._fence:
            self._over_at = since + self._more
            self.prove("it was stopped and its lease expired: the fence moved on", shown=self._stopped)
        if since > (self._over_at or 6 * settings.LEASE_SECONDS + 30):
            send(self._pids, signal.SIGCONT)
            machine.sound_since = self.struck_at + since
            return True
        return False


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
