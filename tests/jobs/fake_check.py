"""A check that obeys the command line of `mtkd_engine check` and misbehaves as what it is given tells it to.

What is given is a JSON file, or a folder with one named wants.json: repairs (names it suggests), refuse (its
sentence), exit (a code), pause (seconds between parts), parts (how many), eat (bytes of memory), kill (so many
attempts kill themselves), deaf (ignores SIGTERM), child (starts a grandchild), content (what is hashed), size
(bytes sealed), mute (ends without a report), outcomes (what it writes of a teacher that is measured), asks (what it
says of a teacher whose card names other classes than those of the dataset; without a card it asks for one).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> int:
    given = _arguments()
    threading.Thread(target=_watch, args=(given.pulse_fd,), daemon=True).start()
    wants = json.loads((given.place / "wants.json" if given.place.is_dir() else given.place).read_text())
    here = given.report.parent
    (here / "environment.json").write_text(json.dumps(dict(os.environ)))
    (here / "arguments.json").write_text(json.dumps(sys.argv[1:]))
    with (here / "attempts").open("a") as file:
        file.write("x")
    if wants.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if wants.get("child"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(wants["child"]).write_text(str(child.pid))
    eaten = bytearray(os.urandom(1 << 20) * (wants.get("eat", 0) >> 20))
    _work(given, wants)
    if len((here / "attempts").read_text()) <= wants.get("kill", 0):
        print(f"about to break, with {len(eaten)} bytes", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if "exit" in wants:
        print("Traceback: it broke", file=sys.stderr, flush=True)
        return int(wants["exit"])
    return _end(given, wants)


def _work(given: argparse.Namespace, wants: dict[str, Any]) -> None:
    parts = wants.get("parts", 1)
    for number in range(1, parts + 1):
        said = json.dumps({"part": "features", "done": number, "of": parts})
        given.progress.with_suffix(".part").write_text(said)
        given.progress.with_suffix(".part").replace(given.progress)
        time.sleep(wants.get("pause", 0))


def _end(given: argparse.Namespace, wants: dict[str, Any]) -> int:
    digest = hashlib.sha256(str(wants.get("content", "")).encode()).hexdigest()
    repairs = [{"name": name, "title": name, "count": 1} for name in wants.get("repairs", [])]
    waits = bool(repairs) and given.accept is None
    report = {"task": "grounding", "content_hash": digest, "problems": [{"message": f"{given.place}/a.json"}]}
    if given.kind == "dataset":
        report |= {"kind": "dataset", "sealed": not waits, "repairs": repairs, "feature_width": 8}
    else:
        report |= {"kind": wants.get("kind", "model"), "card": {"feature_width": 8}}
        report |= {"quality": {"split": "val", "metrics": {"top1": 0.5}}} if "outcomes" in wants else {}
    if "asks" in wants and (given.card is None or json.loads(given.card.read_text())["classes"] != "dataset"):
        problem = None if given.card is None else wants["asks"]
        report |= {"sealed": False, "asks": {"needs": ["dataset", "card"], "problem": problem}}
        if problem:
            given.report.write_text(json.dumps(report))
            print(problem, file=sys.stderr, flush=True)
            return 2
    if not wants.get("mute"):
        given.report.write_text(json.dumps(report))
    if "refuse" in wants:
        print(f"a note\n{given.place}/a.json: {wants['refuse']}", file=sys.stderr, flush=True)
        return 2
    if given.outcomes is not None and "outcomes" in wants:
        given.outcomes.write_text(wants["outcomes"])
    if given.seal is not None and not waits and not wants.get("mute") and report.get("sealed", True):
        (given.seal / "videos").mkdir(parents=True)
        (given.seal / "samples.jsonl").write_bytes(str(wants.get("content", "")).encode() or b"-")
        (given.seal / "videos" / "v.mp4").write_bytes(b"v" * wants.get("size", 1))
    return 0


def _watch(fd: int) -> None:
    while os.read(fd, 4096):
        pass
    os._exit(5)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("check",))
    parser.add_argument("kind", choices=("dataset", "teacher"))
    parser.add_argument("place", type=Path)
    for name in ("seal", "report", "progress", "work", "words", "card", "dataset", "outcomes"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("name", "format", "accept", "split"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--pulse-fd", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
