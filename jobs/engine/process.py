"""One engine as a process group of its own: started, pulsed, stopped ever more firmly, and surely gone.

Start it from the main thread of the worker: the kernel's death signal fires when the thread that forked ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from jobs.engine import log as enginelog
from jobs.engine.family import MARK, SUPERVISOR, Family, this_process

LONGEST_DYING_SECONDS = 60.0
_log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_MORE_KILLABLE = 500  # than its worker and the database: whom the kernel ends first when memory runs out
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_NOT_FOR_ENGINES = (
    *("DATABASE_URL", "BROKER_URL", "MTKD_SECRET_KEY"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
_FOR_STRANGERS = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TZ")


class Engine:
    """A running engine; use it from one thread."""

    def __init__(self, arguments: list[str], *, folder: Path, strange: bool = False) -> None:
        """This will start `ENGINE_COMMAND arguments... --pulse-fd N` with its output in the folder's log.

        One that reads what strangers hand in gets a thin environment, and the folder's tmp for scratch files.
        """
        beat, self._pulse = os.pipe()
        try:
            with (folder / enginelog.NAME).open("ab") as log:
                self._process = subprocess.Popen(
                    [*settings.ENGINE_COMMAND, *arguments, "--pulse-fd", str(beat)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=settings.BASE_DIR,
                    env={**(_thin_environment(folder) if strange else _environment()), **_marks(folder)},
                    start_new_session=True,
                    pass_fds=(beat,),
                    preexec_fn=_last_words_before_exec(),  # noqa: PLW1509 - takes no locks
                )
        except OSError:
            os.close(self._pulse)
            raise
        finally:
            os.close(beat)
        self.family = Family(self.pid, folder=folder)
        self._silence = threading.Event()
        threading.Thread(target=self._beat, name="pulse", daemon=True).start()
        self._asked_at: float | None = None
        self._killed_at: float | None = None
        self._group_was_asked = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """This will give None while the engine runs, then its exit code, with nothing left that it started.

        One that does not end, although it was killed (its disk or its card hangs), is as one that has.
        """
        if self._process.returncode is None and self._has_ended():
            _kill_group(self.pid)  # the unreaped leader keeps the number: the group is no stranger's
            self._process.wait()
            self._stop_pulse()
            _wait_until_gone(self.pid)
            self.family.end()
        if self._process.returncode is None and self._is_beyond_help():
            return -signal.SIGKILL
        return self._process.returncode

    def ask_to_stop(self) -> None:
        """This will ask for a checkpoint and the end, once; `press` makes the wish ever more urgent."""
        if self._asked_at is None and self.exit_code() is None:
            self._asked_at = time.monotonic()
            self._process.send_signal(signal.SIGTERM)

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether `ask_to_stop` was called while it ran."""
        return self._asked_at is not None

    def press(self) -> None:
        """This will do what is due since `ask_to_stop`: terminate the group, then kill it."""
        if self._asked_at is None or self.exit_code() is not None:
            return
        waited = time.monotonic() - self._asked_at
        if waited >= settings.CANCEL_GRACE_SECONDS + settings.TERM_GRACE_SECONDS:
            self._kill()
        elif waited >= settings.CANCEL_GRACE_SECONDS and not self._group_was_asked:
            self._group_was_asked = True
            _signal_group(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """This will end the engine and all that it started at once, and return when it is gone."""
        if self.exit_code() is None:
            self.family.look()
        while self.exit_code() is None:
            self._kill()
            time.sleep(0.01)

    def _kill(self) -> None:
        self._killed_at = self._killed_at or time.monotonic()
        _kill_group(self.pid)

    def _is_beyond_help(self) -> bool:
        if self._killed_at is None or time.monotonic() - self._killed_at < LONGEST_DYING_SECONDS:
            return False
        if not self._silence.is_set():
            _log.error("The engine %s does not end, even killed; its worker goes on without it.", self.pid)
            self._stop_pulse()
        return True

    def _has_ended(self) -> bool:
        try:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return ended is not None

    def _beat(self) -> None:
        with contextlib.suppress(OSError):
            os.set_blocking(self._pulse, False)
            while True:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._pulse, b".")
                if self._silence.wait(settings.PULSE_SECONDS):
                    break
        os.close(self._pulse)

    def _stop_pulse(self) -> None:
        self._silence.set()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_ENGINES} | _ours()


def _thin_environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _FOR_STRANGERS}
    threads = str(settings.THREADS)
    return {**kept, "TMPDIR": str(folder / "tmp"), "OMP_NUM_THREADS": threads, **_ours()}


def _marks(folder: Path) -> dict[str, str]:
    return {MARK: str(folder), SUPERVISOR: this_process()}


def _ours() -> dict[str, str]:
    return {"PYTHONUNBUFFERED": "1", "MTKD_PULSE_TIMEOUT": f"{settings.PULSE_TIMEOUT:g}"}


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill_group(group: int) -> None:
    _signal_group(group, signal.SIGKILL)


def _wait_until_gone(group: int, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.01)


def _last_words_before_exec() -> Callable[[], None] | None:
    """The engine dies with its parent, and before it when memory runs out."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    parent, score, place = os.getpid(), _oom_score(), os.fsencode(_OOM_SCORE)

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        with contextlib.suppress(OSError):
            file = os.open(place, os.O_WRONLY)
            os.write(file, score)
            os.close(file)

    return prepare


def _oom_score() -> bytes:
    own = 0
    with contextlib.suppress(OSError, ValueError):
        own = int(_OOM_SCORE.read_text())
    return str(min(1000, max(0, own) + _MORE_KILLABLE)).encode()
