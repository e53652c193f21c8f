"""The loop of `manage.py up`: start everything, show all logs, restart what ends, stop on a signal."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from jobs.local.home import Home
from jobs.local.leftovers import end_leftovers
from jobs.local.lock import HomeLock
from jobs.local.logs import Console, LogTail
from jobs.local.programs import INTAKE
from jobs.local.tree import Tree

LOOP_SECONDS = 0.1
ASK_SECONDS = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent a signal that asks for the end."""


class Proof:
    """Whether the reaper runs: silent workers must be noticed, and this not only be believed.

    `age` gives the seconds since it last ran, None where nobody knows; older than `late` is no chance any more.
    """

    def __init__(self, *, age: Callable[[], float | None], late: float) -> None:
        self._age = age
        self._late = late
        self._ask_at = 0.0
        self._is_seen = False
        self._is_missed = False

    def news(self, elapsed: float) -> str | None:
        """This will return what there is to say so many seconds after the start: that it runs, or does not."""
        if self._is_seen or elapsed < self._ask_at:
            return None
        self._ask_at = elapsed + ASK_SECONDS
        age = self._age()
        if age is not None and age < elapsed:  # since the start, not left by an earlier run
            self._is_seen = True
            return "The reaper runs: jobs of workers that fall silent go back to their queue."
        if elapsed > self._late and not self._is_missed:
            self._is_missed = True
            return (
                f"Warning: the reaper has not run within {self._late:g} s, so nobody notices workers that fall "
                "silent. Do the workers run, and do they reach the database? Their logs say more."
            )
        return None


class Foreground:
    """One run of the whole tree in the foreground of a terminal."""

    def __init__(self, *, home: Home, console: Console, workers: int) -> None:
        self._home = home
        self._console = console
        self._workers = workers
        self._tails: dict[str, LogTail] = {}

    def run(self, *, first_admin: Callable[[], list[str]], proof: Proof | None = None) -> None:
        """This will run the tree until a signal asks for its end, and leave nothing running.

        `first_admin` is called once the tables exist; its lines are shown at the end of the start, where a
        person sees them. `proof` watches, from then on, that the reaper runs. Raises LocalError when something
        does not start or keeps ending.
        """
        self._home.make()
        with HomeLock(self._home), StopSignals() as signals:
            for name in end_leftovers(self._home):
                self._say(f"Ended {name}, which an earlier run had left behind.")
            self._follow_logs()
            tree = Tree(home=self._home, report=self._console.line)
            signals.kill = tree.kill
            try:
                self._start(tree, first_admin)
                began = time.monotonic()
                while True:
                    self._show()
                    tree.check()
                    if proof is not None and (news := proof.news(time.monotonic() - began)):
                        self._say(news)
                    time.sleep(LOOP_SECONDS)
            except StopRequested:
                self._say("Stopping; a running job is handed back first. Ctrl-C again stops at once.")
            finally:
                signals.is_stopping = True
                self._show()
                tree.stop(meanwhile=self._show)
                self._show()
            self._say("Stopped.")

    def _start(self, tree: Tree, first_admin: Callable[[], list[str]]) -> None:
        self._say(f"Starting in {self._home.root}")
        tree.start_servers()
        self._show()
        tree.migrate()
        self._show()
        login = first_admin()
        tree.start_web()
        tree.start_workers(self._workers)
        self._show()
        self._say(f"Ready: {tree.url}")
        for line in login:
            self._say(line)
        self._say("Ctrl-C stops everything.")

    def _follow_logs(self) -> None:
        workers = [f"worker-{number}" for number in range(1, self._workers + 1)]
        workers = [INTAKE, *workers] if workers else []
        for name in ("database", "broker", "migrate", "web", *workers):
            self._tails[name] = LogTail(self._home.logs / f"{name}.log")

    def _show(self) -> None:
        for name, tail in self._tails.items():
            for line in tail.new_lines():
                self._console.line(name, line)

    def _say(self, text: str) -> None:
        self._console.line("mtkd", text)


class StopSignals:
    """While entered, the first signal that asks for the end raises StopRequested, and later ones kill."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.kill: Callable[[], None] = lambda: None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignals:
        self._before = {number: signal.signal(number, self._handle) for number in STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopping:
            self.kill()
            return
        self.is_stopping = True
        raise StopRequested
