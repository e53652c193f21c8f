"""An engine that obeys the command line of `mtkd_engine predict` and does what the sentence tells it to.

refuse: says why and leaves with 2; crash: breaks; sleep: takes for ever; eat: takes memory; mute: leaves without an
answer. Anything else is answered with what was given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path


def main() -> int:
    given = _arguments()
    threading.Thread(target=_watch, args=(given.pulse_fd,), daemon=True).start()
    wish = given.query.split()[0]
    if wish == "refuse":
        print(f"features: {given.features} is no good.", file=sys.stderr, flush=True)
        return 2
    if wish == "crash":
        print("Traceback: it broke", file=sys.stderr, flush=True)
        return 1
    eaten = bytearray(os.urandom(1 << 20) * (400 if wish == "eat" else 0))
    if wish in {"sleep", "eat"}:
        time.sleep(600)
    if wish != "mute":
        given.report.write_text(json.dumps(_answer(given) | {"eaten": len(eaten)}))
    return 0


def _answer(given: argparse.Namespace) -> dict[str, object]:
    windows = [{"start": 1.0, "end": 3.5, "score": 0.6}, {"start": 7.0, "end": 8.0, "score": 0.2}]
    return {
        "video": {"duration": given.duration or 9.0, "rows": 9, "width": 2},
        "notes": ["Features must come from somewhere."],
        "answers": [{"query": given.query, "windows": windows, "unknown_words": ["dragon"]}],
        "given": {name: str(value) for name, value in vars(given).items()},
        "student": given.student.read_text(),
        "features": given.features.read_bytes().decode(),
        "environment": sorted(os.environ),
    }


def _watch(fd: int) -> None:
    while os.read(fd, 4096):
        pass
    os._exit(5)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("predict",))
    for name in ("student", "features", "report"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("duration", "fps"):
        parser.add_argument(f"--{name}", type=float)
    parser.add_argument("--query", required=True)
    parser.add_argument("--video")
    parser.add_argument("--top", type=int, required=True)
    parser.add_argument("--pulse-fd", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
