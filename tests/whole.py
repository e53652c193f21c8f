"""The whole suite in two parts beside each other: one process for what drives a browser, two for everything else.

    python -m tests.whole [ARGUMENTS OF PYTEST]

A browser's driver keeps an event loop running in its process, so nothing else may come after it there. Each process
has a database, a broker and a folder of its own (tests/conftest.py). What the first process says comes at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

PYTEST = (sys.executable, "-m", "pytest")
BROWSER = "tests/browser"
BEFORE_THE_BROWSER = (
    "tests/security",
    "tests/engine/predict",
    "tests/engine/test_world_learning.py",
)
"""What the browser's process runs first, so that all processes end at about the same time."""
NO_TESTS = 5
"""pytest's exit status where its arguments leave nothing of a part."""


def main(arguments: list[str]) -> int:
    """This will run both parts with these arguments and return 0 if both passed."""
    browser, others = _parts(arguments)
    # Threads that wait for each other spin, and three processes would fight for two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # Hundreds of processes are started, each of which would compile the whole application for itself.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryDirectory(prefix="mtkd-") as shared:
        environment["MTKD_TESTS_SHARE"] = shared  # for what takes long to make and nobody changes
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


def _parts(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of both parts: by marker where some are given, else by folder, so that neither collects all."""
    if arguments:
        return ["-m", "browser", *arguments], ["-m", "not browser", *arguments]
    browser = [*BEFORE_THE_BROWSER, BROWSER]
    return browser, [f"--ignore={path}" for path in browser]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
