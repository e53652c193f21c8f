"""A training in stages: each a loop of its own, which begins with the best state of the one before.

Steps, epochs and measurements count through all of them, so curves and weights are those of one training. Every stage
ends with a checkpoint, and a checkpoint says which stage it is of: a job that goes on enters that stage again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from mtkd_engine.events import Entered, Event
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.classification.staged.plan import Stage
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.tasks.base import Batches
from mtkd_engine.tasks.classification.batches import ClassBatch


@dataclass(frozen=True)
class StageEnd:
    """What came of a stage."""

    name: str
    first_step: int
    last_step: int
    best_step: int
    score: float
    """Of its best state: top-1 on validation, or minus the loss there where no label was learned from."""


def fit_in_stages(
    method: Staged,
    *,
    train: Batches[ClassBatch],
    schedule: Schedule,
    progress: Progress,
    resume: Mapping[str, Any] | None,
    prefix: str = "",
) -> Generator[Event, None, State]:
    """This will train a student in all of its stages and yield what happens; returns the end of the last one.

    `schedule` is that of the whole, `progress` holds what the last stage has reached, and the ends of stages of
    others that came before. The names of stages begin with `prefix`. May be closed as `fit` may be.
    """
    held = resume
    ends: list[dict[str, Any]] = list(progress.stages if held is None else held["stages"])
    end: State = {}
    shares = schedules_of(method.plan, schedule, samples=len(train))
    for stage, share in zip(method.plan, shares, strict=True):
        if held is not None and _stage_of(held) > stage.number:
            continue
        name = f"{prefix}{stage.name}"
        yield Entered(part="stage", detail=name)
        method.enter(stage)
        reached = Progress(weights=progress.weights)
        own = replace(share, beside={**schedule.beside, "stages": ends})
        end = yield from fit(method, train=train, schedule=own, progress=reached, resume=held)
        held = None
        method.load_state_dict(reached.best.state)
        best = own.before + reached.best.step
        last = StageEnd(name, own.before + 1, own.before + reached.step, best, reached.best.score)
        ends = [*ends, asdict(last)]
        progress.stages = ends
        progress.step, progress.best = own.before + reached.step, replace(reached.best, step=best)
    return end


def schedules_of(plan: tuple[Stage, ...], schedule: Schedule, *, samples: int) -> list[Schedule]:
    """This will give each stage's share of a schedule: warm-up and fall of the rate are each stage's own."""
    found: list[Schedule] = []
    for stage in plan:
        begun = found[-1].following(samples) if found else schedule
        optim = schedule.optim.model_copy(update={"epochs": stage.epochs})
        found.append(replace(begun, optim=optim))
    return found


def _stage_of(held: Mapping[str, Any]) -> int:
    number: int = held["method"]["_extra_state"]["stage"]
    return number
