"""Lanes side by side: each is a process with an arena of its own, and takes the next schedule when it is done."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.world import CHECKOUT, Calm, Work, save, undisturbed

Enough = Callable[[dict[str, Any]], bool]
_calm: dict[tuple[Work, int], Calm] = {}
_calm_lock = threading.Lock()
PLAYGROUNDS: list[Path] = []
FEW = 4
"""Schedules that would show by themselves that the same job comes out differently."""
SILENT_SECONDS = 1800.0  # a lane that says nothing for so long is lost
_FOREIGN = ("DATABASE_URL", "BROKER_URL", "PYTEST_CURRENT_TEST", "DJANGO_ALLOW_ASYNC_UNSAFE")


@dataclass(frozen=True)
class Task:
    """A schedule to play: all that its seed draws, or the faults that are named; or a scene of `stubborn`."""

    seed: int
    only: tuple[str, ...] = ()
    for_good: bool = False
    scene: str = ""
    state: str = ""


@dataclass
class Report:
    """What all lanes have seen."""

    scale: float
    played: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    broken_lanes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def summary(self) -> dict[str, Any]:
        """This will give the last line: faults by kind, recoveries, violations.

        A recovery is the time from a fault that stopped training (worker, engine or machine gone, stopped or
        cut off, disk full) to the first point that the database holds of the attempt that went on.
        """
        times = sorted(seconds for one in self.played for _, seconds in one["recoveries"])
        violations = [f"seed {one['seed']}: {text}" for one in self.played for text in one["violations"]]
        return {
            "schedules": len(self.played),
            "scale": self.scale,
            "violations": len(violations) + len(self.broken_lanes),
            "faults": dict(sorted(Counter(kind for one in self.played for kind in one["faults"]).items())),
            "missed": dict(sorted(Counter(kind for one in self.played for kind in one["missed"]).items())),
            "left_out": self.left_out,
            "recoveries": {
                "count": len(times),
                "median_s": round(statistics.median(times), 2) if times else None,
                "worst_s": times[-1] if times else None,
            },
            "longest_leftover_s": max((one["longest_leftover"] for one in self.played), default=0.0),
            "seeds_failed": [one["seed"] for one in self.played if one["violations"]],
            "seconds": round(self.seconds, 1),
        }


def run(
    tasks: Sequence[Task],
    *,
    scale: float,
    lanes: int,
    machines: int = 3,
    environment: Mapping[str, str] | None = None,
    patience: float | None = None,
    work: Work | None = None,
    enough: Enough = lambda _: False,
) -> Report:
    """This will play all tasks on some lanes and report; one that is `enough` is the last."""
    began, report, waiting = time.monotonic(), Report(scale=scale), list(tasks)
    work = work or Work.for_scale(scale)
    with playground() as root:
        calm = root / "calm.json"
        times = 1 if len(tasks) <= FEW else 2
        save(Calm({}, "") if all(task.scene for task in tasks) else _undisturbed_once(work, times), calm)
        given = {"scale": scale, "machines": machines, "calm": str(calm)}
        given |= {"environment": environment or {}, "epochs": work.epochs}
        given["patience"] = patience or (240.0 if scale > 3 else 900.0)
        lock = threading.Lock()

        def serve(number: int) -> None:
            try:
                with lane(root / f"l{number}", scale=scale, given=given) as process:
                    _feed(process, waiting, report, lock, enough)
            except Exception as error:
                report.broken_lanes.append(f"lane {number}: {error}")

        threads = [threading.Thread(target=serve, args=(number,)) for number in range(min(lanes, len(tasks)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for sentence in report.broken_lanes:
        print(sentence, file=sys.stderr, flush=True)
    report.seconds = time.monotonic() - began
    return report


def _undisturbed_once(work: Work, times: int) -> Calm:
    with _calm_lock:
        if (work, times) not in _calm:
            with playground() as root:
                _calm[work, times] = undisturbed(work, root / "calm", times=times)
        return _calm[work, times]


@contextmanager
def playground() -> Iterator[Path]:
    """This will give a folder in memory where there is one, and remove it; CHAOS_KEEP=1 leaves it."""
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="chaos-", dir=memory if os.access(memory, os.W_OK) else None))
    root.chmod(0o711)
    PLAYGROUNDS.append(root)
    try:
        yield root
    finally:
        PLAYGROUNDS.remove(root)
        if not os.environ.get("CHAOS_KEEP"):
            shutil.rmtree(root, ignore_errors=True)


@contextmanager
def lane(
    root: Path, *, scale: float, given: dict[str, Any], module: str = "lane"
) -> Iterator[subprocess.Popen[str]]:
    """This will start a lane, and end it with everything in it."""
    root.mkdir(mode=0o711)
    root.chmod(0o711)
    with (root / "lane.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"tests.chaos.{module}", json.dumps({**given, "root": str(root)})],
            cwd=CHECKOUT,
            env=surroundings(root, scale=scale),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield process
    except Exception as error:
        text = (root / "lane.log").read_text(errors="replace")[-2500:]
        raise RuntimeError(f"{error}\n{text}") from error
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(timeout=60)
        finally:
            assert process.stdout is not None
            process.stdout.close()


def surroundings(root: Path, *, scale: float) -> dict[str, str]:
    """This will give the environment of a lane: an installation of its own in one folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MTKD_")}
    for name in _FOREIGN:
        kept.pop(name, None)
    return {
        **kept,
        "MTKD_HOME": str(root / "server"),
        "MTKD_STORAGE": str(root / "storage"),
        "MTKD_DATA_ROOTS": str(root / "data"),
        "MTKD_SECRET_KEY": "only-for-chaos-" + "x" * 40,
        "MTKD_TIME_SCALE": repr(1 / scale),
        "MTKD_THREADS": "1",
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "CHAOS_ARENA": root.parent.name + root.name,
    }


def hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    """This will read the next line that a lane says."""
    assert process.stdout is not None
    while line := process.stdout.readline():
        if line.startswith("{"):
            answer: dict[str, Any] = json.loads(line)
            return answer
    raise RuntimeError("the lane ended in the middle")


def _feed(
    process: subprocess.Popen[str], waiting: list[Task], report: Report, lock: threading.Lock, enough: Enough
) -> None:
    report.left_out |= hear(process)["left_out"]
    assert process.stdin is not None
    while True:
        with lock:
            if not waiting:
                return
            task = waiting.pop(0)
        process.stdin.write(json.dumps(asdict(task)) + "\n")
        process.stdin.flush()
        watchdog = threading.Timer(SILENT_SECONDS, process.kill)
        watchdog.start()
        try:
            answer = hear(process)
        finally:
            watchdog.cancel()
        with lock:
            report.played.append(answer)
            if enough(answer):
                waiting.clear()
            print(json.dumps(answer) if task.scene else _line(answer), flush=True)


def _line(one: dict[str, Any]) -> str:
    recovered = ", ".join(f"{seconds:.1f} s" for _, seconds in one["recoveries"])
    text = f"seed {one['seed']:>5} {one['seconds']:>6.1f} s  {one['schedule']}"
    if recovered:
        text += f"  [again after {recovered}]"
    for sentence in one["violations"]:
        text += f"\n    VIOLATED {sentence}"
    if one["violations"]:
        text += "".join(f"\n    {line}" for line in [*one["proofs"], *one["attempts"]])
    return text
