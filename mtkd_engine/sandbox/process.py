"""A confined process seen from outside: started, watched, ended, and what it leaves taken with care.

What it answers is a stranger's word: data to be checked, never to be trusted.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Over = Literal["memory", "time", "disk"]
ANSWER, LOG = "answer.json", "log.txt"
_LARGEST_ANSWER = 8 * 2**20
_LARGEST_LOG = 20_000
_LOOK_SECONDS = 0.02
_DISK_LOOK_SECONDS = 0.25
_BLOCK = 512
_START_SECONDS = 60
_MOST_FILES = 10_000
_ENTRY = Path(__file__).with_name("entry.py")
_ROOT = Path(__file__).parents[2]
_PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of this machine a process may take, its libraries not counted: bytes, and seconds of the processor.

    It may stay twice as many seconds by the clock, after a minute for its libraries.
    """

    memory: int
    seconds: int
    disk: int


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a confined process came to its end."""

    exit_code: int
    answer: Any = None
    """What its task returned; None where it did not come so far."""
    over: Over | None = None
    """The limit that ended it."""
    held: dict[str, list[str]] = field(default_factory=dict)
    """By what it was kept from the network, files, processes and privileges; empty lists where by nothing."""
    log: str = ""
    """The end of what it wrote on its outputs."""


class Confined:
    """A running confined process; use it from one thread, in a `with`."""

    def __init__(
        self,
        task: str,
        arguments: dict[str, Any],
        *,
        folder: Path,
        limits: Limits,
        readable: Sequence[Path] = (),
        search: Sequence[Path] = (),
    ) -> None:
        """This will start `task` ("package.module:function") with JSON `arguments`; `folder` is empty, and its own.

        `readable` are files and folders that it may read, `search` folders of modules beside the installed ones.
        """
        self._folder, self._limits = folder.resolve(), limits
        self._over: Over | None = None
        self._until = time.monotonic() + _START_SECONDS + 2 * limits.seconds
        self._next_look = 0.0
        order = {
            "task": task,
            "arguments": arguments,
            "folder": str(self._folder),
            "readable": [str(place.resolve()) for place in readable],
            "search": [*(p for p in sys.path if p.endswith(_PACKAGES)), *(str(p.resolve()) for p in search)],
            "root": str(_ROOT),
            "parent": os.getpid(),
            "limits": {"memory": limits.memory, "seconds": limits.seconds, "disk": limits.disk},
        }
        with (self._folder / LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(_ENTRY)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=_environment(self._folder),
            )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as order_pipe:
            order_pipe.write(json.dumps(order).encode())

    def __enter__(self) -> Confined:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """This will give None while it runs, and end it where it takes more than its limits."""
        code = self._process.poll()
        if code is not None:
            return code
        now = time.monotonic()
        if now > self._until:
            self._end("time")
        elif now >= self._next_look:
            self._next_look = now + _DISK_LOOK_SECONDS
            most = 2 * self._limits.disk
            if _bytes_in(self._folder, most=most) > most:
                self._end("disk")
        return self._process.poll()

    def kill(self) -> None:
        """This will end it at once, and return when it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def ended(self) -> Ended:
        """This will say how it ended; call it when it has."""
        code = self._process.wait()
        log = _last(self._folder / LOG)
        said = _answer(self._folder) if code == 0 else None
        over = self._over or _over_said((said or {}).get("over")) or _over_of(code, log)
        held = (said or {}).get("held")
        return Ended(
            exit_code=code,
            answer=(said or {}).get("answer") if over is None else None,
            over=over,
            held=held if isinstance(held, dict) else {},
            log=log,
        )

    def _end(self, over: Over) -> None:
        self._over = over
        self.kill()


def run_confined(
    task: str,
    arguments: dict[str, Any],
    *,
    folder: Path,
    limits: Limits,
    readable: Sequence[Path] = (),
    search: Sequence[Path] = (),
    look: Callable[[], None] = lambda: None,
) -> Ended:
    """This will carry out a task confined and return how it ended; `look` is called again and again meanwhile.

    The arguments are those of `Confined`. No process is left when it returns or raises.
    """
    with Confined(task, arguments, folder=folder, limits=limits, readable=readable, search=search) as process:
        while process.exit_code() is None:
            look()
            time.sleep(_LOOK_SECONDS)
        return process.ended()


def take_product(folder: Path, name: str, *, to: Path, largest: int) -> Path:
    """This will move a plain file that a confined process left to `to`; raises OSError for anything else.

    No link is followed, so that nobody else's file is taken for its product.
    """
    source = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(source, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > largest:
            raise OSError(0, "it is no plain file of the expected size", name)
        with to.open("xb") as target:
            shutil.copyfileobj(file, target, 2**20)
    (folder / name).unlink()
    return to


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this process's own, but for where the system's libraries lie."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**kept, **threads, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}


def _bytes_in(folder: Path, *, most: int) -> int:
    """What its files take of the disk or say that they do, whichever is more; more than `most` for too many files."""
    total = 0
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= _MOST_FILES:
                return most + 1
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                total += max(found.st_size, found.st_blocks * _BLOCK)
    return total


def _answer(folder: Path) -> dict[str, Any] | None:
    try:
        fd = os.open(folder / ANSWER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_ANSWER:
                return None
            said = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _over_said(given: object) -> Over | None:
    """The limit that the process itself ran into, by its own word."""
    return next((over for over in get_args(Over) if over == given), None)


def _over_of(code: int, log: str) -> Over | None:
    """What the kernel or the C library ended for a limit."""
    if code == -signal.SIGXCPU:
        return "time"
    if code == -signal.SIGXFSZ:
        return "disk"
    return "memory" if "MemoryError" in log or "bad_alloc" in log or "allocate memory" in log else None


def _last(path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LARGEST_LOG))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
