"""The training loop, shared by students, teachers and out-of-fold copies."""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mtkd_engine import checkpoint
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Checkpointed, Event, Measuring, Metrics, Saving, Stepped, Warned
from mtkd_engine.methods.base import BatchT, Method
from mtkd_engine.optimizers import clipped, optimizer_of, rate_at
from mtkd_engine.schedule import Schedule, State
from mtkd_engine.seeding import restore_rng, rng_state
from mtkd_engine.spec import OptimSpec
from mtkd_engine.tasks.ahead import in_turn
from mtkd_engine.tasks.base import Batches

FAR_APART = 1000.0


class JobError(Exception):
    """Training cannot go on; `cause` is a stable code, the message a sentence."""

    def __init__(self, cause: str, message: str, *, step: int | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.step = step


@dataclass(frozen=True)
class Best:
    """The state that measured best so far, and at which step."""

    score: float = -math.inf
    step: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class Progress:
    """What a loop has reached; read by the caller after the loop, kept in every checkpoint."""

    step: int = 0
    measured_step: int = 0
    best: Best = field(default_factory=Best)
    sums: dict[str, Tensor] = field(default_factory=dict)
    summed_steps: int = 0
    warned_of_terms: bool = False
    weights: WeightRecord | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)
    """What came of each stage of a training in stages, as plain data."""


def fit(
    method: Method[BatchT],
    *,
    train: Batches[BatchT],
    schedule: Schedule,
    progress: Progress,
    resume: Mapping[str, Any] | None = None,
) -> Generator[Event, None, State]:
    """This will train `method` and yield what happens; closing it after a Stepped or Measuring saves and leaves.

    On ordinary steps nothing is read back from the device: terms are summed there and read once per
    `log_every` steps. Returns what a checkpoint of its end holds. Raises JobError when a term is not finite.
    """
    optimizer = optimizer_of(method.groups(), schedule.optim)
    if resume is not None:
        _restore(resume, method=method, optimizer=optimizer, progress=progress)
    samples = len(train)
    per_epoch, total = schedule.steps_of_epoch(samples), schedule.steps(samples)
    batches = in_turn(
        lambda place: train.batch(place[0], epoch=place[1]),
        schedule.places(samples, begun=progress.step),
        ahead=getattr(train, "ahead", False),
    )
    try:
        if schedule.measures_at(progress.step, samples=samples):  # a stop may have broken that off
            yield from _measure(method, progress=progress, schedule=schedule, samples=samples)
        while progress.step < total:
            seen = schedule.before_epochs + progress.step // per_epoch
            norm = _step(
                method,
                optimizer,
                batch=next(batches),
                optim=schedule.optim,
                rate=rate_at(progress.step, total, schedule.optim),
                progress=progress,
            )
            _note_weights(method, progress=progress, schedule=schedule, epoch=seen + 1)
            step = schedule.before + progress.step
            if progress.step % schedule.log_every == 0 or progress.step == total:
                rate = rate_at(progress.step - 1, total, schedule.optim)
                spoken = _read_back(progress, step=step, extra={"lr": rate, "grad_norm": float(norm)})
                yield spoken
                yield from _terms_apart(spoken, progress=progress, grows=method.grows)
            if schedule.measures_at(progress.step, samples=samples):
                yield from _measure(method, progress=progress, schedule=schedule, samples=samples)
            if schedule.saves_at(progress.step, samples=samples):
                yield Saving(step=step)
                yield _save(method, optimizer, progress=progress, schedule=schedule)
            yield Stepped(step=step)
    except GeneratorExit:
        if schedule.checkpoints is not None:
            _save(method, optimizer, progress=progress, schedule=schedule)
        raise
    finally:
        batches.close()
    return _state(method, optimizer, progress=progress, schedule=schedule)


def _step(
    method: Method[BatchT],
    optimizer: torch.optim.Optimizer,
    *,
    batch: BatchT,
    optim: OptimSpec,
    rate: float,
    progress: Progress,
) -> Tensor:
    method.train()
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)  # older checkpoints know of no shares
    terms = method.terms(batch)
    total = torch.stack(list(terms.losses.values())).sum()
    optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    norm = clipped(optimizer, optim)
    optimizer.step()
    progress.step += 1
    after = method.stepped(step=progress.step, rate=rate)
    named = {
        "loss/total": total,
        **{f"loss/{name}": term for name, term in terms.losses.items()},
        **terms.observed,
        **after,
    }
    for name, value in named.items():
        held = progress.sums.get(name)
        progress.sums[name] = value.detach() if held is None else held + value.detach()
    progress.summed_steps += 1
    return norm


def _note_weights(method: Method[Any], *, progress: Progress, schedule: Schedule, epoch: int) -> None:
    if progress.weights is None or method.last_weights is None:
        return
    ids, weights_BHT = method.last_weights
    progress.weights.used(ids, weights_BHT, step=schedule.before + progress.step, epoch=epoch)


def _read_back(progress: Progress, *, step: int, extra: dict[str, float]) -> Metrics:
    values = {name: float(value) / progress.summed_steps for name, value in progress.sums.items()}
    progress.sums, progress.summed_steps = {}, 0
    for name, value in {**values, **extra}.items():
        if not math.isfinite(value) and name != "loss/total":
            message = f"{name} became {value} at step {step}; a lower learning rate often helps."
            raise JobError("not_finite", message, step=step)
    return Metrics(step=step, values={**values, **extra})


def _terms_apart(spoken: Metrics, *, progress: Progress, grows: frozenset[str]) -> list[Event]:
    """A warning, once, when one loss term drowns another."""
    left_out = {"loss/total", *(f"loss/{name}" for name in grows)}
    terms = {
        name: value
        for name, value in spoken.values.items()
        if name.startswith("loss/") and name not in left_out and value > 0
    }
    if progress.warned_of_terms or len(terms) < 2:
        return []
    least, most = min(terms, key=terms.__getitem__), max(terms, key=terms.__getitem__)
    if terms[most] <= FAR_APART * terms[least]:
        return []
    progress.warned_of_terms = True
    message = (
        f"{most} is {terms[most] / terms[least]:.0f} times as large as {least}; the smaller one hardly counts. "
        "Their weights are in the method's part of the spec."
    )
    return [Warned(code="loss_terms_apart", message=message, step=spoken.step)]


def _measure(method: Method[Any], *, progress: Progress, schedule: Schedule, samples: int) -> Iterator[Event]:
    """Measure the state, unless that has been done; broken off at whatever place, it can be done again."""
    if progress.measured_step == progress.step:
        return
    step = schedule.before + progress.step
    yield Measuring(step=step)
    method.eval()
    with torch.no_grad():
        measured = method.measure(step=step)
    if measured.score > progress.best.score:
        progress.best = Best(measured.score, progress.step, copy.deepcopy(method.state_dict()))
    yield from measured.events
    if progress.weights is not None and measured.weights_NHT is not None:
        epoch = progress.step // schedule.steps_of_epoch(samples)
        number = schedule.before_measurements + math.ceil(epoch / schedule.measure_every)
        progress.weights.measured(measured.weights_NHT, step=step, number=number)
    progress.measured_step = progress.step


def _save(
    method: Method[BatchT], optimizer: torch.optim.Optimizer, *, progress: Progress, schedule: Schedule
) -> Checkpointed:
    assert schedule.checkpoints is not None
    step = schedule.before + progress.step
    state = _state(method, optimizer, progress=progress, schedule=schedule)
    path, digest = checkpoint.save(schedule.checkpoints, step=step, state=state)
    return Checkpointed(step=step, path=f"{schedule.checkpoints.name}/{path.name}", sha256=digest)


def _state(
    method: Method[BatchT], optimizer: torch.optim.Optimizer, *, progress: Progress, schedule: Schedule
) -> State:
    return {
        "spec_hash": schedule.spec_hash,
        "method": method.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": rng_state(),
        "reached": progress.step,
        "measured_step": progress.measured_step,
        "best": {"score": progress.best.score, "step": progress.best.step, "state": progress.best.state},
        "sums": progress.sums,
        "summed_steps": progress.summed_steps,
        "weights": None if progress.weights is None else progress.weights.state(),
        "earlier": schedule.earlier,
        **schedule.beside,
    }


def _restore(
    state: Mapping[str, Any],
    *,
    method: Method[BatchT],
    optimizer: torch.optim.Optimizer,
    progress: Progress,
) -> None:
    method.load_state_dict(state["method"])
    optimizer.load_state_dict(state["optimizer"])
    restore_rng(state["rng"])
    progress.step = state.get("reached", state.get("step", 0))  # older checkpoints have no `reached`
    progress.measured_step = state.get("measured_step", progress.step)
    progress.best = Best(**state["best"])
    progress.sums = state["sums"]
    progress.summed_steps = state["summed_steps"]
    if progress.weights is not None:
        progress.weights.restore(state.get("weights"))
