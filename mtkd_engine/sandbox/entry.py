"""The start of a confined process: run as a script, by `python -I`, with its order on the standard input.

It binds itself, imports the task and carries it out; `answer.json` in its folder is all that it says.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
from pathlib import Path

OVER = "over"


def main() -> int:
    """This will carry out the one order that came; returns the exit code."""
    order = json.loads(sys.stdin.buffer.read())
    sys.path[:0] = order["search"]
    sys.path.insert(0, order["root"])
    from mtkd_engine.loading import loading
    from mtkd_engine.sandbox import confine as bounds

    folder, limits = Path(order["folder"]), order["limits"]
    os.chdir(folder)
    os.umask(0o077)
    size = bounds.Size()
    bounds.limit_files(limits["disk"])
    places = [*order["readable"], *order["search"]]
    held = bounds.confine(folder=folder, readable=[Path(p) for p in places], parent=order["parent"])
    sys.path.remove(order["root"])  # what was found there stays found, and nothing else of it is read
    module, _, name = order["task"].partition(":")
    with loading():
        task = getattr(importlib.import_module(module), name)
    mapped = size.now()
    if mapped is not None:
        bounds.limit_memory(limits["memory"], size=mapped)
        held["memory"] = ["limit"]
    bounds.limit_time(limits["seconds"])
    held["time"] = ["limit"]
    try:
        answer = {"answer": task(order["arguments"])}
    except (MemoryError, RuntimeError, OSError) as error:
        over = _over(error)
        if over is None:
            raise
        answer = {OVER: over}
    Path("answer.json").write_text(json.dumps({"held": held, **answer}), encoding="utf-8")
    return 0


def _over(error: BaseException) -> str | None:
    """Which limit an error speaks of; None for one that speaks of none."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error) or "bad_alloc" in str(error):
        return "memory"
    if isinstance(error, OSError) and error.errno in {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}:
        return "disk"
    return "memory" if isinstance(error, OSError) and error.errno == errno.ENOMEM else None


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # nothing of what a stranger's bytes became is taken apart
