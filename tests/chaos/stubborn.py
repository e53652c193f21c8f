"""Jobs whose engine does not obey: cancelled in every state, or out of memory again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.models import Job, State
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.lifecycle import request_pause
from mtkd_engine.spec import parse
from tests.chaos.arena import Arena
from tests.chaos.bad_engine import DEAF
from tests.chaos.play import Stage
from tests.chaos.processes import until
from tests.chaos.story import insist

_ENGINE_OF = {"starting": "silent", **dict.fromkeys(("queued", "running", "pausing", "paused"), "training")}
_PART_OF = {"folds": "folds", "evaluation": "evaluation"}


def cancel(stage: Stage, state: str) -> dict[str, Any]:
    """This will cancel a job in a state, and say how long it took until it and all its processes were gone."""
    arena, user = stage.arena, stage.user
    idle = state in {"queued", "paused"}
    job = _submit(stage, _ENGINE_OF.get(state, state), queue="gpu" if idle else "cpu")  # which nobody serves
    reached = until(lambda: _has_reached(arena, job, state), seconds=120)
    if state in {"paused", "pausing"}:
        insist(lambda: request_pause(job=job, user=user))
    if state == "pausing":
        time.sleep(1.0)  # the engine has been asked, and does not obey
    began = time.monotonic()
    insist(lambda: request_cancel(job=job, user=user))
    gone = until(lambda: _is_cancelled(job) and not arena.strangers(), seconds=120)
    seconds = round(time.monotonic() - began, 2)
    final = Job.objects.get(pk=job.pk).state
    return {"state": state, "reached": reached, "gone": gone, "final": final, "seconds": seconds}


def run_out_of_memory(stage: Stage, _: str) -> dict[str, Any]:
    """This will run a job whose engine wants more memory than there is, until it is given up."""
    machine = stage.arena.machines[0]
    before = (machine.main(), machine.supervisors())
    began = time.monotonic()
    job = _submit(stage, "greedy")
    ended = until(lambda: insist(lambda: Job.objects.get(pk=job.pk)).is_final, seconds=300)
    row = Job.objects.get(pk=job.pk)
    attempts = list(row.attempts.order_by("number"))
    return {
        "ended": ended,
        "state": row.state,
        "cause": row.failure_cause,
        "sentence": row.failure,
        "attempts": [attempt.outcome for attempt in attempts],
        "peaks_mb": [round((attempt.peak_memory or 0) / 1e6) for attempt in attempts],
        "worker_lived": (machine.main(), machine.supervisors()) == before,
        "left_running": stage.arena.strangers(),
        "seconds": round(time.monotonic() - began, 1),
    }


def _submit(stage: Stage, how: str, *, queue: str = "cpu") -> Job:
    spec = parse({**stage.work.spec, "name": how})
    return insist(lambda: submit(project=stage.project, user=stage.user, spec=spec, queue=queue))


def _has_reached(arena: Arena, job: Job, state: str) -> bool:
    row = insist(lambda: Job.objects.get(pk=job.pk))
    if state in {"queued", "paused"}:
        return bool(row.state == State.QUEUED)
    last = row.attempts.order_by("number").last()
    if last is None or not (Path(last.folder) / DEAF).exists():
        return False
    if state == "starting":
        return bool(row.state == State.STARTING)
    if state == "family" and len(arena.strangers()) < 3:
        return False
    return bool(row.state == State.RUNNING and row.part == _PART_OF.get(state, "training"))


def _is_cancelled(job: Job) -> bool:
    return bool(insist(lambda: Job.objects.get(pk=job.pk)).state == State.CANCELLED)


SCENES: dict[str, Callable[[Stage, str], dict[str, Any]]] = {"cancel": cancel, "memory": run_out_of_memory}
