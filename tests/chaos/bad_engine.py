"""An engine that obeys the command line and nothing else: its spec's name says in what it does not obey.

silent      says nothing at all        training | folds | evaluation     is in that part and stays there
family      has children, one of them in a session of its own            greedy     takes memory without end
All ignore SIGTERM, and so do the children.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

from mtkd_engine import events as say
from mtkd_engine.journal import Journal

DEAF = "deaf"  # the file that tells that it ignores the signal by now
_CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
_BITE = 20_000_000


def main() -> None:
    """This will be as bad as asked until it is killed, or its pulse ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("spec", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--first-seq", type=int, default=1)
    parser.add_argument("--pulse-fd", type=int)
    given, _ = parser.parse_known_args()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (given.out / DEAF).touch()
    threading.Thread(target=_watch, args=(given.pulse_fd,), daemon=True).start()
    how = yaml.safe_load(given.spec.read_text())["name"]
    if how == "family":
        subprocess.Popen([sys.executable, "-c", _CHILD])
        subprocess.Popen([sys.executable, "-c", _CHILD], start_new_session=True)
    if how != "silent":
        _speak(given, how)
    hoard = []
    while True:
        time.sleep(0.05)
        if how == "greedy":
            hoard.append(os.urandom(_BITE))


def _speak(given: argparse.Namespace, how: str) -> None:
    journal = Journal(given.out / "journal.jsonl", first_seq=given.first_seq)
    started = say.Started(
        spec_hash="", method="solo", teachers=[], total_steps=100, threads=1, device="cpu", versions={}
    )
    journal.append(started)
    journal.append(say.Entered(part=how if how in {"folds", "evaluation"} else "training"))
    journal.append(say.Metrics(step=1, values={"loss/total": 1.0}))
    print(f"this engine is {how}", flush=True)


def _watch(fd: int) -> None:
    while os.read(fd, 4096):
        pass
    os._exit(5)


if __name__ == "__main__":
    main()
