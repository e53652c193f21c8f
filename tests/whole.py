"""The whole suite, each part in a process of its own: the application, the engine, and what drives a browser.

    python -m tests.whole [ARGUMENTS OF PYTEST]

A browser's driver keeps an event loop running in its process, so nothing else may come after it there. Each process
has a folder, and where it needs them servers, of its own (tests/conftest.py). What the first process says is seen at
once, what the others say comes at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import psutil

PYTEST = (sys.executable, "-m", "pytest")
ENGINE = "tests/engine"
BROWSER = "tests/browser"
BEFORE_THE_BROWSER = (
    "tests/security",
    "tests/chaos",
    "tests/engine/client",
    "tests/engine/aggregators",
    "tests/engine/predict",
    "tests/engine/tasks",
)
"""What the browser's process runs first, so that all processes end at about the same time."""
MEMORY = Path("/dev/shm")
PLENTY = 12 << 30
"""Bytes; the tests leave 4 GB there until they have ended, and need as much themselves."""
NO_TESTS = 5
"""pytest's exit status where its arguments leave nothing of a part."""


def main(arguments: list[str]) -> int:
    """This will run all parts with these arguments and return 0 if all passed."""
    first, *others = _parts(arguments)
    # Threads that wait for each other spin, and three processes would fight for two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # Hundreds of processes are started, each of which would compile the whole application for itself.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Told to stop, this process must still remove what the tests wrote.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The tests were told to stop."))
    with ExitStack() as stack:
        environment["TMPDIR"] = str(stack.enter_context(_scratch()))
        beside = [stack.enter_context(_beside(part, environment)) for part in others]
        codes = [subprocess.call([*PYTEST, *first], env=environment)]
        for process, said in beside:
            codes.append(process.wait())
            said.seek(0)
            print(said.read(), flush=True)
    return 0 if all(code in (0, NO_TESTS) for code in codes) and set(codes) != {NO_TESTS} else 1


@contextmanager
def _beside(part: list[str], environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], TextIO]]:
    """A process of its own, and what it says; it does not outlive this one."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([*PYTEST, *part], stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            yield process, said
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _scratch() -> Iterator[Path]:
    """Where the tests write: in memory, where there is plenty of it, for a disk takes long to make 70,000 files."""
    place = MEMORY if "TMPDIR" not in os.environ and _is_roomy(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="mtkd-", dir=place, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the database, which has an account of its own, must pass through
        try:
            yield Path(folder)
        finally:
            # Python takes seconds to remove so many files.
            subprocess.run(["rm", "-rf", "--", *Path(folder).iterdir()], check=False)


def _is_roomy(folder: Path) -> bool:
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    free = min(found.f_bavail * found.f_frsize, psutil.virtual_memory().available)
    return free >= PLENTY and not found.f_flag & os.ST_NOEXEC


def _parts(arguments: list[str]) -> list[list[str]]:
    """The arguments of each part: two by marker where some are given, else by folder, so that none collects all."""
    if arguments:
        return [["-m", "not browser", *arguments], ["-m", "browser", *arguments]]
    browser = [*BEFORE_THE_BROWSER, BROWSER]
    left_out = ["-p", "no:playwright", *(f"--ignore={path}" for path in browser)]
    return [[*left_out, f"--ignore={ENGINE}"], [*left_out, ENGINE], browser]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
