"""`make chaos`: breaks the product on purpose, in seeded schedules, and counts what did not hold.

python -m tests.chaos --times 200 --scale 15          seeds 1 to 200
python -m tests.chaos --seed 17 --scale 15            one seed again
python -m tests.chaos --only worker_killed,partition  these faults, at the moments that the seed draws
python -m tests.chaos recovery --times 10             real time: a worker killed, a disk deleted; running again
python -m tests.chaos cancel                          real time: engines that ignore SIGTERM, in every state
python -m tests.chaos memory                          an engine that wants more memory than there is
python -m tests.chaos planted                         five bugs in the product, each seen
The last line is JSON, and the exit code tells whether all held.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

import psutil

from tests.chaos import proofs
from tests.chaos.runner import PLAYGROUNDS, Task, run

WHAT: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "recovery": lambda given: proofs.recovery(times=given.times or 10, lanes=given.lanes),
    "cancel": lambda given: proofs.cancel(lanes=given.lanes),
    "memory": lambda given: proofs.memory(),
    "planted": lambda given: proofs.planted(lanes=given.lanes),
}


def main() -> int:
    """This will run what the command line asks for; the last line is JSON."""
    given = _arguments()
    signal.signal(signal.SIGTERM, take_down)
    summary = WHAT.get(given.what, schedules)(given)
    print(json.dumps(summary))
    return 1 if summary["violations"] else 0


def take_down(*_: object) -> None:
    """This will end all arenas, and then this process, whatever its threads wait for."""
    children = psutil.Process().children()
    for child in children:
        child.terminate()
    psutil.wait_procs(children, timeout=60)
    for root in PLAYGROUNDS:
        shutil.rmtree(root, ignore_errors=True)
    os._exit(143)


def schedules(given: argparse.Namespace) -> dict[str, Any]:
    """This will play schedules one seed after the other."""
    first = given.seed if given.seed is not None else 1
    times = given.times if given.times is not None else 1 if given.seed is not None else 200
    only = tuple(kind for kind in given.only.split(",") if kind)
    tasks = [Task(seed=seed, only=only) for seed in range(first, first + times)]
    return run(tasks, scale=given.scale, lanes=given.lanes, machines=given.machines).summary()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("what", nargs="?", default="schedules", choices=("schedules", *WHAT))
    parser.add_argument("--times", type=int, help="how many schedules (200, or 1 where a seed is given)")
    parser.add_argument("--seed", type=int, help="the first seed")
    parser.add_argument("--scale", type=float, default=15.0, help="intervals are divided by this")
    parser.add_argument("--lanes", type=int, default=int(os.environ.get("LANES") or 3))
    parser.add_argument("--machines", type=int, default=3)
    parser.add_argument("--only", default="", help="kinds of faults, with commas")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
