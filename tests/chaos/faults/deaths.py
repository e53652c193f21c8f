"""kill -9 of worker, engine, web, database and broker."""

from __future__ import annotations

import signal

from jobs.models import Job
from tests.chaos.arena import Machine
from tests.chaos.faults.base import Fault, NothingToBreakError, Scene, machine_with_the_job
from tests.chaos.processes import is_gone, send, until
from tests.chaos.story import insist

GONE_SECONDS = 10.0


class WorkerKilled(Fault):
    """The worker that has the job dies: its main process, the forked one, or both, and comes back later."""

    kind = "worker_killed"
    losses = 1

    def choose(self) -> None:
        """This will draw who dies, how long it is away, and whether the lease is missing too."""
        self._who = self.draw.choice(("both", "both", "main", "child"))
        self._away = self.draw.uniform(0.0, 6.0)
        self._machine: Machine | None = None

    @property
    def details(self) -> str:
        return f" ({self._who}, {self._away:.1f} s)"

    def strike(self, scene: Scene) -> None:
        """This will kill, and see the processes gone."""
        self._machine = machine = machine_with_the_job(scene)
        main, forked = machine.main(), machine.supervisors()
        who = "both" if self.for_good else self._who
        chosen = {"both": [*main, *forked], "main": main, "child": forked}[who]
        engines = machine.engines(scene.story.job_id)
        if not engines or not forked:
            raise NothingToBreakError
        scene.story.stopped_training(self.kind)
        send(chosen, signal.SIGKILL)
        self.prove(
            f"pids {chosen} are gone", shown=until(lambda: all(map(is_gone, chosen)), seconds=GONE_SECONDS)
        )

    def mend(self, scene: Scene) -> bool:
        """This will start the worker again when its time has come."""
        if self._machine is not None and self.is_over(scene, after=self._away):
            self._machine.start()
            return True
        return self._machine is None or self.missed


class WorkerAsked(Fault):
    """The worker that has the job is asked to stop, as for an update: it hands its job back, and nothing is lost."""

    kind = "worker_asked"

    def choose(self) -> None:
        """This will draw how long it is away."""
        self._away = self.draw.uniform(0.0, 4.0)
        self._machine: Machine | None = None

    def strike(self, scene: Scene) -> None:
        """This will send SIGTERM to the main process."""
        machine = machine_with_the_job(scene)
        if not machine.engines(scene.story.job_id) or not machine.supervisors():
            raise NothingToBreakError
        self._machine = machine
        scene.story.stopped_training(self.kind)
        send(machine.main(), signal.SIGTERM)

    def mend(self, scene: Scene) -> bool:
        """This will wait for its end, and start it again."""
        machine = self._machine
        if machine is None or (machine.is_up() and self.since() < 120):
            return machine is None
        outcomes = [attempt.outcome for attempt in scene.story.attempts]
        ended = "handed_back" in outcomes or "succeeded" in outcomes or "lost" in outcomes
        self.prove(f"it left; the attempts ended as {outcomes}", shown=not machine.is_up() and ended)
        if self.proof and self.since() > self._away:
            machine.start()
        return bool(self.proof and machine.is_up()) or self.since() > 150


class LeaseMissing(Fault):
    """The worker dies and the lease of its job is NULL: a half-done write of whoever, but nobody's for ever."""

    kind = "lease_missing"
    losses = 1

    def strike(self, scene: Scene) -> None:
        """This will kill worker and lease."""
        self._machine = machine = machine_with_the_job(scene)
        fence = scene.story.fence
        scene.story.stopped_training(self.kind)
        machine.kill()
        held = Job.objects.filter(pk=scene.story.job_id, fence=fence, state__in=("starting", "running"))
        changed = insist(lambda: held.update(lease_until=None))
        self.prove("the lease is NULL and its worker gone", shown=bool(changed) and not machine.is_up())
        if not changed:
            self.missed = True

    def mend(self, scene: Scene) -> bool:
        """This will start the worker again."""
        self._machine.start()
        return True


class EngineKilled(Fault):
    """The engine dies alone, as the kernel ends one when memory is short."""

    kind = "engine_killed"
    losses = 1

    def strike(self, scene: Scene) -> None:
        """This will kill the engine."""
        engines = machine_with_the_job(scene).engines(scene.story.job_id)
        if not engines:
            raise NothingToBreakError
        scene.story.stopped_training(self.kind)
        send(engines, signal.SIGKILL)
        gone = until(lambda: all(map(is_gone, engines)), seconds=GONE_SECONDS)
        self.prove(f"engine {engines} is gone", shown=gone)


class _ServerKilled(Fault):
    """A server dies and is started again."""

    longest: float

    def choose(self) -> None:
        """This will draw how long it is away."""
        self._away = self.draw.uniform(0.2, self.longest)

    @property
    def details(self) -> str:
        return f" ({self._away:.1f} s)"


class WebKilled(_ServerKilled):
    """The web process dies; readers lose their sockets."""

    kind = "web_killed"
    longest = 3.0

    def strike(self, scene: Scene) -> None:
        """This will kill it."""
        web = scene.arena.web
        assert web is not None
        web.kill()
        self.prove(f"web {web.pid} is gone", shown=is_gone(web.pid))

    def mend(self, scene: Scene) -> bool:
        """This will start it again."""
        if self.since() > self._away:
            scene.arena.start_web()
        return self.since() > self._away


class DatabaseKilled(_ServerKilled):
    """The database dies without a word, at times for longer than a lease; no attempt may be lost of it."""

    kind = "database_killed"
    longest = 9.0

    def strike(self, scene: Scene) -> None:
        """This will kill it, and see that nobody answers."""
        pids = scene.arena.kill_database()
        self.prove(f"{len(pids)} processes of the database are gone", shown=all(map(is_gone, pids)))

    def mend(self, scene: Scene) -> bool:
        """This will start it again."""
        if self.since() > self._away:
            scene.arena.start_database()
        return self.since() > self._away


class BrokerKilled(_ServerKilled):
    """The broker dies."""

    kind = "broker_killed"
    longest = 6.0

    def strike(self, scene: Scene) -> None:
        """This will kill it, and see its socket refuse."""
        broker = scene.arena.broker
        assert broker is not None
        broker.kill()
        self.prove(f"broker {broker.pid} is gone", shown=is_gone(broker.pid))

    def mend(self, scene: Scene) -> bool:
        """This will start it again."""
        if self.since() > self._away:
            scene.arena.start_broker()
        return self.since() > self._away
