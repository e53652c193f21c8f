"""What happens to a machine: its disk is deleted or full, its clock is wrong, the database is out of its reach."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import psycopg

from jobs.models import Job, State, Worker
from jobs.operations.lifecycle import resume
from tests.chaos.arena import Machine
from tests.chaos.faults.base import BeyondLease, Fault, NothingToBreakError, Scene, machine_with_the_job
from tests.chaos.processes import is_gone
from tests.chaos.story import ask, insist

CLOCK_AHEAD = 600


class DiskDeleted(Fault):
    """Everything on the disk of the worker that has the job is deleted, mostly because the machine is gone."""

    kind = "disk_deleted"
    losses = 1

    def choose(self) -> None:
        """This will draw whether the worker dies with its disk."""
        self._kills = self.draw.random() < 0.7
        self._away = self.draw.uniform(0.0, 6.0)
        self._machine: Machine | None = None

    @property
    def details(self) -> str:
        return f" (worker killed, {self._away:.1f} s)" if self._kills else " (worker lives)"

    def strike(self, scene: Scene) -> None:
        """This will delete the disk."""
        self._machine = machine = machine_with_the_job(scene)
        scene.story.stopped_training(self.kind)
        pids = [*machine.main(), *machine.supervisors()]
        if self._kills or self.for_good:
            machine.kill()
        machine.wipe()
        left = [path for path in (machine.disk / "work").rglob("step-*") if path.is_file()]
        gone = all(map(is_gone, pids)) or not (self._kills or self.for_good)
        self.prove("nothing is left of the disk", shown=gone and len(left) < 2)

    def mend(self, scene: Scene) -> bool:
        """This will give the machine back, with an empty disk."""
        if self._machine is None or self.is_over(scene, after=self._away):
            if self._machine is not None:
                self._machine.start()
            return True
        return False


class DiskFull(Fault):
    """The disk of the worker that has the job fills up; the job pauses, room is made, a person resumes it."""

    kind = "disk_full"

    def choose(self) -> None:
        """This will draw how long a person takes."""
        self._patience = self.draw.uniform(0.2, 1.5)
        self._filler: Path | None = None
        self._paused_at: float | None = None

    def strike(self, scene: Scene) -> None:
        """This will fill the disk to the last byte."""
        machine = machine_with_the_job(scene)
        if not machine.disk_can_fill:
            raise NothingToBreakError
        self._filler = machine.disk / "work" / "filler"
        scene.story.stopped_training(self.kind)
        self._full = _fill(self._filler)

    def mend(self, scene: Scene) -> bool:
        """This will keep the disk full until the job pauses, then make room and resume it."""
        if self._filler is None:
            return True
        job = scene.story.job
        assert job is not None
        if job.state != State.PAUSED and not job.is_final and self.since() < 60:
            _fill(self._filler)
            return False
        self._paused_at = self._paused_at or time.monotonic()
        if time.monotonic() - self._paused_at < self._patience:
            return False
        self._filler.unlink(missing_ok=True)
        paused = job.state == State.PAUSED
        self.prove(f"no byte fitted; the job paused: {job.pause_reason}", shown=self._full and paused)
        if job.is_final and job.state == State.SUCCEEDED:
            self.missed = True  # it was over before it needed room
        if paused:
            insist(lambda: resume(job=Job.objects.get(pk=job.pk), user=scene.user))
        return True


class ClockOff(Fault):
    """The wall clock of one machine leads by ten minutes, from now to the end of the schedule."""

    kind = "clock_off"

    def choose(self) -> None:
        """This will draw whether it is the clock of the machine that has the job."""
        self._of_holder = self.draw.random() < 0.7
        self._index = self.draw.randrange(100)

    @property
    def details(self) -> str:
        return " (of the job's machine)" if self._of_holder else ""

    def strike(self, scene: Scene) -> None:
        """This will put the clock ahead."""
        machines = scene.arena.machines
        machine = scene.holder() if self._of_holder else machines[self._index % len(machines)]
        if machine is None or machine.clock is None:
            raise NothingToBreakError
        self._machine = machine
        machine.clock.lead(CLOCK_AHEAD)

    def mend(self, scene: Scene) -> bool:
        """This will wait for the worker's own word that its clock leads."""
        row = None if self.missed else ask(Worker.objects.filter(name__endswith=self._machine.name).first)
        ahead = row.clock_ahead if row is not None else 0.0
        self.prove(f"{row} says that its clock is {ahead:.0f} s ahead", shown=ahead > 0.9 * CLOCK_AHEAD)
        return self.missed or bool(self.proof) or self.since() > 30


class Partition(BeyondLease):
    """The database is out of reach of the worker that has the job, until the job has been given to somebody else."""

    kind = "partition"
    proven_by = "no connection, and the lease expired: the fence moved on"
    variants = (" (silent)", " (cut)")

    def breaks(self, machine: Machine) -> bool:
        """This will break the line, and see that nothing comes through."""
        if self.is_first_variant:
            machine.to_database.hush()
        else:
            machine.to_database.cut()
        return not _answers(machine.database_url)

    def heals(self, machine: Machine) -> None:
        """This will mend the line."""
        machine.to_database.mend()


def _fill(path: Path) -> bool:
    """Write until no byte fits any more."""
    for size in (1 << 20, 1 << 12, 1):
        try:
            with path.open("ab", buffering=0) as file:
                while True:
                    file.write(b"\0" * size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                return False
    return True


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
