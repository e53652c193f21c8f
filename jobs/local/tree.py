"""The process tree of one home: started in order, kept running, stopped in the opposite order."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobs.local import programs
from jobs.local.child import CHECK_SECONDS, Child, Program
from jobs.local.home import Home, LocalError
from jobs.local.leftovers import TOKEN_VARIABLE
from jobs.local.lock import write_note
from jobs.local.postgres import start_postgres
from jobs.local.valkey import start_valkey

STEADY_SECONDS = 30.0  # a child that lived this long starts with a clean record
MOST_FAILURES = 6  # in a row; with the delays below, given up after about half a minute
DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)

Report = Callable[[str, str], None]


@dataclass
class Service:
    """One place in the tree: how to fill it, and how that went lately."""

    name: str
    start: Callable[[], Child]
    child: Child | None = None
    failures: int = 0
    start_at: float = 0.0


class Tree:
    """The children of this process that make up a running mtkd. Use it from the main thread."""

    def __init__(
        self,
        *,
        home: Home,
        environment: Mapping[str, str] | None = None,
        report: Report | None = None,
        durable: bool = True,
    ) -> None:
        """`environment` is added for web, worker, migrations; `report` gets (name, line) of what happens."""
        self.home = home
        self.url = ""
        self._token = secrets.token_hex(16)
        self._report: Report = report or (lambda _name, _text: None)
        self._durable = durable
        self._services: list[Service] = []
        self._listener: socket.socket | None = None
        self.environment = {
            **(environment or {}),
            "MTKD_HOME": str(home.root),
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "PYTHONUNBUFFERED": "1",
            TOKEN_VARIABLE: self._token,
        }
        write_note(home=home, token=self._token)

    @property
    def children(self) -> dict[str, Child]:
        """The living children by name: database, broker, web, intake, worker-1 ..."""
        return {service.name: service.child for service in self._services if service.child is not None}

    def start_servers(self) -> None:
        """This will start database and broker, except for those whose address the environment gives."""
        given = {**os.environ, **self.environment}
        if not given.get("DATABASE_URL"):
            self.add("database", lambda: start_postgres(self.home, durable=self._durable))
        if not given.get("BROKER_URL"):
            self.add("broker", lambda: start_valkey(self.home))

    def migrate(self) -> None:
        """This will bring the tables up to date."""
        programs.migrate(home=self.home, environment=self.environment)

    def start_web(self) -> None:
        """This will start the web process and return once it answers at `url`."""
        self._listener = listener = programs.listen({**os.environ, **self.environment})
        program = programs.web(listener=listener, environment=self.environment)
        programs.wait_for_web(child=self.add("web", lambda: self._child(program)), listener=listener)
        self.url = programs.address(listener)
        write_note(home=self.home, token=self._token, url=self.url)

    def start_workers(self, count: int) -> None:
        """This will start workers 1 to `count`, and one for registrations; none at all for 0."""
        if count:
            intake = programs.intake(environment=self.environment)
            self.add(intake.name, lambda: self._child(intake))
        for number in range(1, count + 1):
            program = programs.worker(number=number, environment=self.environment)
            self.add(program.name, lambda program=program: self._child(program))  # type: ignore[misc]

    def add(self, name: str, start: Callable[[], Child]) -> Child:
        """This will start one more child and keep it running from then on."""
        service = Service(name=name, start=start)
        service.child = start()
        self._services.append(service)
        return service.child

    def check(self) -> None:
        """This will restart what has ended, later each time; raises LocalError when one keeps ending."""
        for service in self._services:
            child = service.child
            if child is None:
                if time.monotonic() >= service.start_at:
                    self._restart(service)
            elif (code := child.exit_code()) is not None:
                if time.monotonic() - child.started > STEADY_SECONDS:
                    service.failures = 0
                self._failed(service, f"{service.name} {how_it_ended(code)}")
            elif service.failures and time.monotonic() - child.started > STEADY_SECONDS:
                service.failures = 0

    def stop(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """This will stop everything: workers first (together), then web, broker, database.

        `meanwhile` is called while waiting. An interrupt during the wait kills what is left at once.
        """
        if self._listener is not None:
            self._listener.close()  # the web process has its own hold of it
        try:
            workers = [service for service in self._services if is_worker(service.name)]
            others = [service for service in reversed(self._services) if service not in workers]
            for group in (workers, *([other] for other in others)):
                self._stop_together([s.child for s in group if s.child is not None], meanwhile)
        finally:
            self.kill()
            (self.home.run / "tree.json").unlink(missing_ok=True)

    def kill(self) -> None:
        """This will end everything at once, without a chance to hand anything back."""
        for service in reversed(self._services):
            if service.child is not None:
                service.child.kill()

    def _child(self, program: Program) -> Child:
        return Child(program=program, home=self.home)

    def _restart(self, service: Service) -> None:
        try:
            service.child = service.start()
            self._report("mtkd", f"{service.name} runs again.")
        except LocalError as error:
            self._failed(service, str(error))

    def _failed(self, service: Service, why: str) -> None:
        service.child = None
        service.failures += 1
        if service.failures >= MOST_FAILURES:
            raise LocalError(
                f"{why}; that was failure {service.failures} in a row, so everything is stopped. "
                f"The reason is in {self.home.logs / (service.name + '.log')}."
            )
        delay = DELAYS[service.failures - 1]
        service.start_at = time.monotonic() + delay
        self._report("mtkd", f"{why}: starting it again{f' in {delay:g} s' if delay else ''}.")

    def _stop_together(self, children: list[Child], meanwhile: Callable[[], None]) -> None:
        for child in children:
            child.ask_to_stop()
        for child in children:
            deadline = time.monotonic() + child.program.stop_seconds
            while child.exit_code() is None:
                if time.monotonic() > deadline:
                    self._report("mtkd", f"{child.program.name} did not stop in time and is killed.")
                    child.kill()
                meanwhile()
                time.sleep(CHECK_SECONDS)


def is_worker(name: str) -> bool:
    """This will tell whether a child of that name hands back what it works on when it is asked to stop."""
    return name == programs.INTAKE or name.startswith("worker")


def how_it_ended(code: int) -> str:
    """This will return words for an exit code: "was killed by SIGKILL", "ended with exit code 1"."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
