"""The whole suite in two halves beside each other: what drives a browser, and everything else on two processes.

    python -m tests.whole [ARGUMENTS OF PYTEST]

A browser's driver keeps an event loop running in its process, so nothing else may come after it there. Each process
has a database, a broker and a folder of its own (tests/conftest.py). What the browser half says comes at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

PYTEST = (sys.executable, "-m", "pytest")
BROWSER = "tests/browser"
NO_TESTS = 5
"""pytest's exit status where its arguments leave nothing of a half."""


def main(arguments: list[str]) -> int:
    """This will run both halves with these arguments and return 0 if both passed."""
    # Without arguments each half looks at its own folders only: to collect all tests takes a quarter of a minute.
    browser = [*PYTEST, "-m", "browser", *(arguments or [BROWSER])]
    others = [*PYTEST, "-m", "not browser", "-n", "2", "--dist", "worksteal"]
    others += arguments or [f"--ignore={BROWSER}"]
    # Threads that wait for each other spin, and three processes would fight for two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen(browser, stdout=said, stderr=subprocess.STDOUT, env=environment)
        try:
            first = subprocess.call(others, env=environment)
            second = beside.wait()
        finally:
            beside.terminate()
            beside.wait()
        said.seek(0)
        print(said.read(), flush=True)
    passed = [code in (0, NO_TESTS) for code in (first, second)]
    return 0 if all(passed) and (first, second) != (NO_TESTS, NO_TESTS) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
