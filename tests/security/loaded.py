"""A process that has loaded what checks need, and checks each file in a copy of itself: to load takes longest.

Run as a script. It takes a JSON object {arguments, out, err, seconds} in each line, and answers with {code, memory}.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from mtkd_engine.loading import loading

ROOT = Path(__file__).parents[2]
NEEDED = ("h5py", "mtkd_engine.data.check.command", "mtkd_engine.teachers.check")


class Loaded:
    """Such a process, seen by the one that started it; use it in a `with`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.security.loaded"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Loaded:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def engine(self, arguments: list[str], *, folder: Path, seconds: int) -> tuple[int, str, str, int]:
        """This will run `python -m mtkd_engine` in a copy that ends after so many seconds of the processor.

        Returns its exit code, its outputs, and the most bytes of memory that it or one started by it took.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        out, err = folder / "said.out", folder / "said.err"
        order = {"arguments": arguments, "out": str(out), "err": str(err), "seconds": seconds}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return ended["code"], out.read_text(), err.read_text(), ended["memory"]


def limit(seconds: int) -> None:
    """This will end the calling process when it has used so many seconds of the processor, and without a dump."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve() -> None:
    """This will carry out orders until there are no more."""
    with loading():
        for needed in NEEDED:
            importlib.import_module(needed)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _carry_out(json.loads(line))
        _, status, used = os.wait4(child, 0)
        ended = {"code": os.waitstatus_to_exitcode(status), "memory": used.ru_maxrss * 1024}
        print(json.dumps(ended), flush=True)


def _carry_out(order: dict[str, Any]) -> NoReturn:
    code: Any = 1
    try:
        writing = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        for stream, path, how in (
            (0, os.devnull, os.O_RDONLY),
            (1, order["out"], writing),
            (2, order["err"], writing),
        ):
            os.dup2(os.open(path, how), stream)
        limit(order["seconds"])
        sys.argv[1:] = order["arguments"]
        runpy.run_module("mtkd_engine", run_name="__main__", alter_sys=True)  # ends this process by itself
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
