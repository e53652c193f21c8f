"""The whole suite in two parts beside each other: one process for what drives a browser, two for everything else.

    python -m tests.whole [ARGUMENTS OF PYTEST]

A browser's driver keeps an event loop running in its process, so nothing else may come after it there. Each process
has a database, a broker and a folder of its own (tests/conftest.py). What the first process says comes at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PYTEST = (sys.executable, "-m", "pytest")
BROWSER = "tests/browser"
BEFORE_THE_BROWSER = (
    "tests/security",
    "tests/engine/client",
    "tests/engine/export",
    "tests/engine/predict",
    "tests/engine/test_world_learning.py",
)
"""What the browser's process runs first, so that all processes end at about the same time."""
MEMORY = Path("/dev/shm")
PLENTY = 12 << 30
"""Bytes; the tests leave 4 GB there until they have ended, and need as much themselves."""
NO_TESTS = 5
"""pytest's exit status where its arguments leave nothing of a part."""


def main(arguments: list[str]) -> int:
    """This will run both parts with these arguments and return 0 if both passed."""
    browser, others = _parts(arguments)
    # Threads that wait for each other spin, and three processes would fight for two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # Hundreds of processes are started, each of which would compile the whole application for itself.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Told to stop, this process must still remove what the tests wrote.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The tests were told to stop."))
    with tempfile.TemporaryFile("w+") as said, _scratch() as folder:
        environment["TMPDIR"] = str(folder)
        # What takes long to make and nobody changes is made once.
        environment["MTKD_TESTS_SHARE"] = tempfile.mkdtemp(dir=folder)
        beside = subprocess.Popen([*PYTEST, *browser], stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            first = subprocess.call([*PYTEST, "-n", "2", "--dist", "worksteal", *others], env=environment)
            second = beside.wait()
        finally:
            beside.terminate()
            beside.wait()
        said.seek(0)
        print(said.read(), flush=True)
    passed = [code in (0, NO_TESTS) for code in (first, second)]
    return 0 if all(passed) and (first, second) != (NO_TESTS, NO_TESTS) else 1


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


def _parts(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of both parts: by marker where some are given, else by folder, so that neither collects all."""
    if arguments:
        return ["-m", "browser", *arguments], ["-m", "not browser", *arguments]
    browser = [*BEFORE_THE_BROWSER, BROWSER]
    return browser, [f"--ignore={path}" for path in browser]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
