"""What is promised in figures, each measured: times of recovery and of cancelling, memory, planted bugs."""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.chaos.runner import Report, Task, run
from tests.chaos.world import Work

KILL_SECONDS, DISK_SECONDS, CANCEL_SECONDS, AT_ONCE_SECONDS = 60.0, 120.0, 45.0, 2.0
JOB_MEMORY_GB = 0.3
MOST_TRIES = 6
STATES = ("queued", "starting", "running", "family", "folds", "evaluation", "pausing", "paused")
# The fault under which a bug shows at an unlucky moment, and the words of the invariants that must see it.
SHOWN_BY = {
    "cursor_early": ("worker_killed", ("left nothing", "journal and its rows", "journal and its events")),
    "fence_ignored": ("partition", ("was over with", "ended as", "wrote up to", "lives on", "stand twice")),
    "null_lease_skipped": ("lease_missing", ("no lease says",)),
    "sealed_twice": ("broker_flushed", ("stand twice",)),
    "stale_checkpoint": ("disk_deleted", ("is not what its attempt said",)),
}
_BAD_ENGINE = {"CHAOS_ENGINE": str(Path(__file__).with_name("bad_engine.py"))}
_SHORT = Work.for_scale(15)


def recovery(*, times: int, lanes: int) -> dict[str, Any]:
    """This will kill workers and delete disks at real time, and say when the jobs ran again, elsewhere."""
    found = {}
    for kind, work, goal in (
        ("worker_killed", _SHORT, KILL_SECONDS),
        ("disk_deleted", Work.for_scale(1), DISK_SECONDS),
    ):
        tasks = [Task(seed=seed, only=(kind,), for_good=True) for seed in range(1, times + 1)]
        report = run(tasks, scale=1, lanes=lanes, machines=2, work=work)
        found[kind] = _times(report, goal=goal, wanted=times)
    violations = sum(one["violations"] for one in found.values())
    return {**found, "violations": violations}


def _times(report: Report, *, goal: float, wanted: int) -> dict[str, Any]:
    seconds = [seconds for one in report.played for _, seconds in one["recoveries"]]
    late = sum(one > goal for one in seconds) + (wanted - len(seconds))
    return {
        "times": len(seconds),
        "median_s": round(statistics.median(seconds), 1) if seconds else None,
        "worst_s": max(seconds, default=None),
        "goal_s": goal,
        "violations": report.summary()["violations"] + late,
        "seconds": round(report.seconds, 1),
    }


def cancel(*, lanes: int) -> dict[str, Any]:
    """This will cancel jobs at real time in every state, whose engines ignore SIGTERM and have deaf children."""
    tasks = [Task(seed=0, scene="cancel", state=state) for state in STATES]
    report = run(tasks, scale=1, lanes=lanes, machines=1, environment=_BAD_ENGINE, work=_SHORT)
    seconds = {one["state"]: one["seconds"] for one in report.played}
    bad = [one["state"] for one in report.played if not _is_well_cancelled(one)]
    missing = set(STATES) - set(seconds)
    return {
        "cancel": {state: seconds.get(state) for state in STATES},
        "worst_s": max(seconds.values(), default=None),
        "goal_s": CANCEL_SECONDS,
        "violated_in": [*bad, *missing],
        "violations": len(bad) + len(missing) + len(report.broken_lanes),
        "seconds": round(report.seconds, 1),
    }


def _is_well_cancelled(one: dict[str, Any]) -> bool:
    most = AT_ONCE_SECONDS if one["state"] in {"queued", "paused"} else CANCEL_SECONDS
    return bool(one["reached"] and one["gone"] and one["final"] == "cancelled" and one["seconds"] <= most)


def memory() -> dict[str, Any]:
    """This will let an engine take more memory than it may, until its job is given up."""
    environment = {**_BAD_ENGINE, "MTKD_JOB_MEMORY": str(JOB_MEMORY_GB)}
    task = Task(seed=0, scene="memory")
    report = run([task], scale=15, lanes=1, machines=1, environment=environment)
    one = report.played[0] if report.played else {}
    held = {
        "failed": one.get("state") == "failed",
        "cause": one.get("cause") == "out_of_memory",
        "three attempts lost": one.get("attempts") == ["lost"] * 3,
        "the worker lived": bool(one.get("worker_lived")),
        "nothing was left running": one.get("left_running") == [],
    }
    broken = [name for name, value in held.items() if not value]
    return {**one, "limit_gb": JOB_MEMORY_GB, "broken": broken, "violations": len(broken)}


def planted(*, lanes: int) -> dict[str, Any]:
    """This will plant each bug into the workers, and play schedules until an invariant sees it."""
    with ThreadPoolExecutor(max_workers=lanes) as threads:
        seen = dict(zip(SHOWN_BY, threads.map(_first_violation, SHOWN_BY), strict=True))
    caught = sum(by is not None for by in seen.values())
    return {"caught": caught, "of": len(SHOWN_BY), "by": seen, "violations": len(SHOWN_BY) - caught}


def _first_violation(bug: str) -> str | None:
    fault, words = SHOWN_BY[bug]

    def seen(one: dict[str, Any]) -> str | None:
        return next((text for text in one["violations"] for word in words if word in text), None)

    tasks = [Task(seed=seed, only=(fault,)) for seed in range(1, MOST_TRIES + 1)]
    patience = 120.0 if bug == "null_lease_skipped" else None  # there it is known that nobody will come
    report = run(
        tasks,
        scale=15,
        lanes=1,
        environment={"CHAOS_BUG": bug},
        patience=patience,
        enough=lambda one: seen(one) is not None,
    )
    return next((f"seed {one['seed']}: {text}" for one in report.played if (text := seen(one))), None)
