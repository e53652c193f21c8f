"""An engine that obeys the command line of `mtkd_engine` and misbehaves as its spec's name tells it to.

The name is a list of `word:number`: steps, pause (seconds a step), checkpoint (every so many steps),
kill (SIGKILL itself at that step of its first `times` attempts), exit, at (exit with that code at step `at`),
fail (a Failed event at that step), deaf (ignores SIGTERM), child (starts a deaf grandchild), runaway (starts a deaf
one in a session of its own, and one whose parent has ended), half (writes half a line at that step and waits), spoil
(an artifact changes after it was announced), hog (takes that many MB), mute (says nothing more from that step on but
what it takes of the machine), freeze (stops itself with SIGSTOP at that step), full (finds the disk full at that
step), rush (pauses in its first attempt only). What ends an attempt happens in the first `times` attempts only.
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

import yaml

from mtkd_engine import events as say
from mtkd_engine.journal import Journal

DEAF = "import os,signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.close(1); os.close(2); time.sleep(600)"


def main() -> int:
    given = _arguments()
    if given.pulse_fd is not None:
        threading.Thread(target=_watch, args=(given.pulse_fd,), daemon=True).start()
    spec = yaml.safe_load(given.spec.read_text())
    wants = {word: float(number) for word, number in (part.split(":") for part in spec["name"].split())}
    stop = threading.Event()
    handler = signal.SIG_IGN if wants.get("deaf") else lambda *_: stop.set()
    signal.signal(signal.SIGTERM, handler)
    if wants.get("child"):
        child = subprocess.Popen([sys.executable, "-c", DEAF])
        (given.out / "grandchild").write_text(str(child.pid))
    if wants.get("runaway"):
        _run_away(given.out)
    hoarded = bytearray(int(wants.get("hog", 0)) << 20)
    hoarded[::4096] = b"x" * len(hoarded[::4096])
    return _run(given, wants, stop)


def _run_away(out: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", DEAF], start_new_session=True)
    between = f"import subprocess,sys; print(subprocess.Popen([sys.executable, '-c', {DEAF!r}]).pid)"
    orphan = subprocess.run(
        [sys.executable, "-c", between], start_new_session=True, capture_output=True, text=True, check=True
    )
    (out / "runaways").write_text(f"{child.pid} {orphan.stdout}")


def _run(given: argparse.Namespace, wants: dict[str, float], stop: threading.Event) -> int:
    total, every = int(wants.get("steps", 20)), int(wants.get("checkpoint", 10))
    state, first = _resumed(given.resume)
    slow = 0.0 if wants.get("rush") and given.attempt > 1 else wants.get("pause", 0.0)
    journal = Journal(given.out / "journal.jsonl", first_seq=given.first_seq)
    journal.append(
        say.Started(
            spec_hash="",
            method="solo",
            teachers=[],
            total_steps=total,
            threads=given.threads,
            device=given.device,
            versions={},
            resumed_from_step=first or None,
        )
    )
    journal.append(say.Entered(part="training"))
    for step in range(first + 1, total + 1):
        state = (state * 1_103_515_245 + 12_345 + step) % 2**31
        journal.append(say.Metrics(step=step, values={"loss/total": state / 2**31, "lr": 0.1 / step}))
        code = _misbehave(given, wants, step, journal)
        if code is not None:
            return code
        if step % every == 0:
            _checkpoint(given.out, journal, step, state)
        if stop.wait(slow):
            _checkpoint(given.out, journal, step, state)
            journal.append(say.Stopped(step=step))
            return 4
    return _finish(given.out, journal, wants, total, state)


def _misbehave(given: argparse.Namespace, wants: dict[str, float], step: int, journal: Journal) -> int | None:
    if given.attempt <= wants.get("times", 1):
        code = _come_to_grief(given, wants, step, journal)
        if code is not None:
            return code
    if wants.get("fail") == step:
        journal.append(say.Failed(cause="nan", message=f"The loss is NaN at step {step}.", step=step))
        return 3
    if wants.get("at") == step:
        print("Traceback: it broke", file=sys.stderr, flush=True)
        return int(wants["exit"])
    if wants.get("half") == step:
        with journal.path.open("ab") as file:
            file.write(b'{"seq": 99999, "t": 1, "kind": "warn')
        time.sleep(600)
    if wants.get("rubbish") == step:
        with journal.path.open("ab") as file:
            file.write(b"this is no event\n")
    return None


def _come_to_grief(
    given: argparse.Namespace, wants: dict[str, float], step: int, journal: Journal
) -> int | None:
    if wants.get("kill") == step:
        print("something terrible comes", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if wants.get("freeze") == step:
        os.kill(os.getpid(), signal.SIGSTOP)
    if wants.get("full") == step:
        (given.out / "checkpoint" / "step.partial").write_bytes(b"half")
        print("The disk is full: 0 bytes are left.", file=sys.stderr, flush=True)
        return 74
    while wants.get("mute") == step:
        journal.append(say.Metrics(step=step, values={"system/cpu": 0.0}))
        time.sleep(0.05)
    return None


def _checkpoint(out: Path, journal: Journal, step: int, state: int) -> None:
    journal.sync()
    path = out / "checkpoint" / f"step-{step:08d}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"step": step, "state": state}))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    journal.append(say.Checkpointed(step=step, path=str(path.relative_to(out)), sha256=digest))


def _resumed(path: Path | None) -> tuple[int, int]:
    if path is None:
        return 1, 0
    kept = json.loads(path.read_text())
    return kept["state"], kept["step"]


def _finish(out: Path, journal: Journal, wants: dict[str, float], step: int, state: int) -> int:
    metrics = {"r1@0.3": 0.5, "r1@0.5": 0.4, "r1@0.7": 0.2, "miou": 0.35}
    folder = out / "artifacts"
    folder.mkdir()
    result = json.dumps({"metrics": metrics, "baselines": {"blind": metrics}}).encode()
    for name, content in (("student.safetensors", state.to_bytes(8, "little")), ("result.json", result)):
        (folder / name).write_bytes(content)
        journal.append(
            say.ArtifactWritten(
                name=name,
                path=f"artifacts/{name}",
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                media_type="application/octet-stream",
            )
        )
    if wants.get("spoil"):
        (folder / "student.safetensors").write_bytes(b"other")
    journal.append(say.Finished(step=step, metrics=metrics, baselines={"blind": metrics}))
    return 0


def _watch(fd: int) -> None:
    while os.read(fd, 4096):
        pass
    os._exit(5)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("run",))
    parser.add_argument("spec", type=Path)
    for name in ("out", "sources", "cache", "resume"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("attempt", "first-seq", "threads", "pulse-fd"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--device")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
