"""One supervised child process: its own session, its own log file, a record, and an end that is certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jobs.local.account import Account, drop_to
from jobs.local.home import Home, LocalError
from jobs.local.records import record_of, write_record

PR_SET_PDEATHSIG = 1
CHECK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Program:
    """How to run one child. Everything is data, so that a restart is the same call again.

    `stop_signal` asks it to end, `stop_seconds` is how long it may take before it is killed; `descriptors` are
    open files that it inherits under the same numbers.
    """

    name: str
    command: Sequence[str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    account: Account | None = None
    descriptors: Sequence[int] = ()


class Child:
    """A running child. It ends with its parent: by `stop`, or, on Linux, by the kernel when we die.

    Start children from the main thread: the kernel's signal fires when the *thread* that forked ends.
    """

    def __init__(self, *, program: Program, home: Home) -> None:
        """This will start the program with its output appended to `logs/NAME.log`."""
        self.program = program
        self.log = home.logs / f"{program.name}.log"
        try:
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(
                    list(program.command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=program.folder,
                    env={**os.environ, **program.environment},
                    start_new_session=True,
                    pass_fds=self.program.descriptors,
                    **drop_to(program.account),
                    preexec_fn=_dying_with_parent(program.stop_signal),  # noqa: PLW1509 - takes no locks
                )
        except OSError as error:
            raise LocalError(f"{program.name} could not be started: {error}.") from error
        self.started = time.monotonic()
        self._record = write_record(folder=home.run, record=record_of(name=program.name, pid=self.pid))

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """This will return None while the child runs, then its exit code, with nothing of its group left."""
        if self._process.returncode is None and self._has_ended():
            # The dead leader still holds its number here, so the group cannot be a stranger's.
            _kill_group(self.pid)
            self._process.wait()
            self._record.unlink(missing_ok=True)
        return self._process.returncode

    def ask_to_stop(self) -> None:
        """This will send the program's stop signal and not wait."""
        if self.exit_code() is None:
            self._process.send_signal(self.program.stop_signal)

    def wait(self, *, seconds: float) -> bool:
        """This will wait until the child has ended and return whether it did in time."""
        return wait_until(lambda: self.exit_code() is not None, seconds=seconds)

    def kill(self) -> None:
        """This will end the child and its group at once."""
        if self.exit_code() is None:
            _kill_group(self.pid)
            self.wait(seconds=10)

    def stop(self) -> None:
        """This will ask the child to end and kill it when it takes longer than it may."""
        self.ask_to_stop()
        if not self.wait(seconds=self.program.stop_seconds):
            self.kill()

    def last_lines(self, count: int = 5) -> str:
        """This will return the end of the child's log, for a sentence about why it ended."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])

    def _has_ended(self) -> bool:
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """This will check the condition until it holds and return True, or False after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(CHECK_SECONDS)
    return True


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _dying_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """This will return what a child does before its program starts: ask the kernel to end it when we die."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork
    parent = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
