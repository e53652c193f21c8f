"""Where things are broken: real servers, a web process, and machines that share nothing but them.

A machine is a worker with a disk of its own, a wall clock of its own and lines of its own to database and
broker. The environment of this process (`lane.surroundings`) is that of the servers' home.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from redis import Redis

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.local.postgres import start_postgres
from jobs.local.valkey import start_valkey
from tests.chaos.clock import Clock, build_clock
from tests.chaos.lines import Line
from tests.chaos.processes import MARK, command_of, engines_below, family, is_gone, marked, send, until

DISK_MEGABYTES = 32


class Machine:
    """A worker with everything that is its own; `sound_since` is when it last was neither stopped nor cut off."""

    def __init__(self, *, number: int, arena: Arena, clock: Clock | None) -> None:
        self.number = number
        self.name = f"machine-{number}"
        self.disk = arena.root / "disks" / self.name
        self.clock = clock
        self.to_database = Line(arena.home.postgres_sockets / ".s.PGSQL.5432")
        self.to_broker = Line(arena.home.valkey_socket)
        self.child: Child | None = None
        self.sound_since: float | None = time.monotonic()
        self._home = arena.home
        self._own = arena.own_environment
        (self.disk / "work").mkdir(parents=True)
        self.disk.chmod(0o711)
        self.disk_can_fill = _mount(self.disk / "work")

    @property
    def database_url(self) -> str:
        """How this machine reaches the database."""
        return f"postgresql://mtkd@127.0.0.1:{self.to_database.port}/mtkd?sslmode=disable&gssencmode=disable"

    def start(self) -> None:
        """This will start the worker."""
        if self.is_up():
            return
        environment = {
            "MTKD_HOME": str(self.disk),
            "MTKD_STORAGE": str(settings.STORAGE),
            "DATABASE_URL": self.database_url,
            "BROKER_URL": f"redis://127.0.0.1:{self.to_broker.port}/0",
            "MTKD_WORKER": "machine",
            "MTKD_THREADS": "1",
            **(self.clock.environment if self.clock else {}),
            **self._own,
        }
        program = programs.worker(number=self.number, environment=environment)
        if self.disk_can_fill:
            program = replace(program, command=[*_seeing_only(self.disk), *program.command])
        self.child = Child(program=program, home=self._home)
        self.sound_since = time.monotonic()

    def is_up(self) -> bool:
        """Whether the worker's main process lives."""
        return self.child is not None and self.child.exit_code() is None

    def main(self) -> list[int]:
        """This will list the worker's main process, if it lives."""
        return [self.child.pid] if self.child is not None and self.is_up() else []

    def supervisors(self) -> list[int]:
        """This will list the processes that the worker forked: one of them carries out the work."""
        pids = [pid for main in self.main() for pid in family(main)[1:]]
        return [pid for pid in pids if command_of(pid) == command_of(self.main()[0])]

    def engines(self, job_id: int) -> list[int]:
        """This will list the engines of a job that live on this machine."""
        return list(engines_below(self.disk / "work" / "jobs" / str(job_id)))

    def kill(self) -> None:
        """This will end the worker as kill -9 does, with all that it forked."""
        pids = [*self.main(), *self.supervisors()]
        send(pids, signal.SIGKILL)
        if self.child is not None:
            self.child.kill()
        until(lambda: all(map(is_gone, pids)), seconds=10)

    def wipe(self) -> None:
        """This will delete all that lies on the disk."""
        for path in self.disk.iterdir():
            if not os.path.ismount(path):
                _remove(path)
                continue
            for inside in path.iterdir():
                _remove(inside)

    def close(self) -> None:
        """This will end everything of the machine."""
        self.kill()
        self.to_database.close()
        self.to_broker.close()
        if os.path.ismount(self.disk / "work"):
            subprocess.run(["umount", "-l", str(self.disk / "work")], check=False, capture_output=True)


class Arena:
    """Servers, web and machines; whatever a fault broke is mended by `restore`."""

    def __init__(self, *, root: Path, machines: int, environment: Mapping[str, str]) -> None:
        self.root = root
        self.home = Home.from_environment()
        self.home.make()
        self.own_environment = dict(environment)  # of the machines alone
        self.database: Child | None = None
        self.broker: Child | None = None
        self.web: Child | None = None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=programs.BACKLOG)
        library = build_clock(root)
        self.machines: list[Machine] = []
        for number in range(1, machines + 1):
            clock = Clock(library=library, file=root / f"clock-{number}") if library else None
            self.machines.append(Machine(number=number, arena=self, clock=clock))

    def start_servers(self) -> None:
        """This will start database, broker and web, with their tables."""
        self.start_database()
        self.start_broker()
        programs.migrate(home=self.home, environment={})
        self.start_web()

    def start_machines(self) -> None:
        """This will start all workers, and see that they came up."""
        for machine in self.machines:
            machine.start()
        if not until(lambda: all(machine.supervisors() for machine in self.machines), seconds=120):
            lines = [machine.child.last_lines(4) for machine in self.machines if machine.child]
            raise RuntimeError(f"a worker did not start: {lines}")

    def start_database(self) -> None:
        """This will start the database, and wait for it."""
        if self.database is None or self.database.exit_code() is not None:
            self.database = start_postgres(self.home)

    def start_broker(self) -> None:
        """This will start the broker, and wait for it."""
        if self.broker is None or self.broker.exit_code() is not None:
            self.broker = start_valkey(self.home)

    def start_web(self) -> None:
        """This will start the web process, and not wait for it: its socket is open all the time."""
        if self.web is None or self.web.exit_code() is not None:
            self.web = Child(program=programs.web(listener=self.listener, environment={}), home=self.home)

    def kill_database(self) -> list[int]:
        """This will end the database's server as kill -9 does, and return what processes it had."""
        assert self.database is not None
        pids = family(self.database.pid)
        self.database.kill()  # the others see that the postmaster is gone, and leave
        until(lambda: all(map(is_gone, pids)), seconds=15)
        return pids

    @property
    def address(self) -> str:
        """Host and port of the web process."""
        host, port = self.listener.getsockname()[:2]
        return f"{host}:{port}"

    def redis(self) -> Redis:
        """This will give a client of the broker."""
        return Redis(unix_socket_path=str(self.home.valkey_socket), socket_timeout=5)

    def machine_of(self, folder: str) -> Machine | None:
        """This will find the machine on whose disk a folder lies."""
        found = [machine for machine in self.machines if folder.startswith(f"{machine.disk}/")]
        return found[0] if found else None

    def restore(self) -> None:
        """This will mend everything: what is down is started, what is stopped goes on, what is cut is joined."""
        for machine in self.machines:
            send([*machine.main(), *machine.supervisors()], signal.SIGCONT)
            machine.to_database.mend()
            machine.to_broker.mend()
            if machine.clock:
                machine.clock.lead(0)
            machine.sound_since = machine.sound_since or time.monotonic()
        self.start_database()
        self.start_broker()
        self.start_web()
        self.start_machines()

    def strangers(self) -> list[str]:
        """This will list what carries this arena's mark but is none of its servers and workers."""
        known = {os.getpid(), *(family(self.database.pid) if self.database else ())}
        known |= set(family(self.broker.pid) if self.broker else ()) | set(
            family(self.web.pid) if self.web else ()
        )
        for machine in self.machines:
            known |= {*machine.main(), *machine.supervisors()}
        return [f"{pid}: {command_of(pid)}" for pid in sorted(marked(os.environ[MARK]) - known)]

    def close(self) -> None:
        """This will end everything."""
        for machine in self.machines:
            with contextlib.suppress(Exception):
                machine.close()
        for child in (self.web, self.broker, self.database):
            if child is not None:
                child.kill()
        self.listener.close()
        send(marked(os.environ[MARK]) - {os.getpid()}, signal.SIGKILL)
        if self.home.outside.is_dir():
            shutil.rmtree(self.home.outside, ignore_errors=True)


def _mount(folder: Path) -> bool:
    """A disk small enough to be filled, where this is allowed."""
    options = f"size={DISK_MEGABYTES}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _seeing_only(disk: Path) -> list[str]:
    """A command before a command: it sees no disk of another machine, which may be as far away as it likes."""
    hide = 'for other in "$0"/../*; do [ "$other" -ef "$0" ] || mount -t tmpfs none "$other" || exit 1; done; exec "$@"'
    return ["unshare", "--mount", "sh", "-c", hide, str(disk)]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
