"""The training loop, shared by students, teachers and out-of-fold copies."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from mtkd_engine import checkpoint
from mtkd_engine.events import Checkpointed, Event, Metrics, Saving, Stepped, Warned
from mtkd_engine.methods.base import Method
from mtkd_engine.seeding import epoch_order, restore_rng, rng_state
from mtkd_engine.spec import OptimSpec
from mtkd_engine.tasks.grounding.batches import Batch, SplitData

FAR_APART = 1000.0


class JobError(Exception):
    """Training cannot go on; `cause` is a stable code, the message a sentence."""

    def __init__(self, cause: str, message: str, *, step: int | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.step = step


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long to train, how often to speak and save; `checkpoints` None saves nothing."""

    optim: OptimSpec
    seed: int
    log_every: int
    measure_every: int
    checkpoint_every: int = 0
    checkpoints: Path | None = None
    spec_hash: str = ""

    def steps(self, samples: int) -> int:
        """This will count the steps of the whole training."""
        return self.optim.epochs * math.ceil(samples / self.optim.batch_size)


@dataclass
class Progress:
    """What a loop has reached; read by the caller after the loop, kept in every checkpoint."""

    step: int = 0
    best_score: float = -math.inf
    best_step: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict)
    sums: dict[str, Tensor] = field(default_factory=dict)
    summed_steps: int = 0
    warned_of_terms: bool = False


def fit(
    method: Method, *, train: SplitData, schedule: Schedule, progress: Progress, resume: Path | None = None
) -> Iterator[Event]:
    """This will train `method` and yield what happens; closing it after a Stepped saves and leaves.

    On ordinary steps nothing is read back from the device: terms are summed there and read once per
    `log_every` steps. Raises JobError when a term is not finite.
    """
    optimizer = _optimizer(method, schedule.optim)
    if resume is not None:
        _restore(resume, method=method, optimizer=optimizer, progress=progress, schedule=schedule)
    per_epoch = math.ceil(len(train) / schedule.optim.batch_size)
    total = schedule.steps(len(train))
    order: list[int] = []
    try:
        while progress.step < total:
            epoch, place = divmod(progress.step, per_epoch)
            if place == 0 or not order:
                order = epoch_order(seed=schedule.seed, epoch=epoch, samples=len(train))
            size = schedule.optim.batch_size
            norm = _step(
                method,
                optimizer,
                batch=train.batch(order[place * size : (place + 1) * size]),
                optim=schedule.optim,
                rate=_rate(progress.step, total, schedule.optim),
                progress=progress,
            )
            events: list[Event] = []
            if progress.step % schedule.log_every == 0 or progress.step == total:
                rate = _rate(progress.step - 1, total, schedule.optim)
                spoken = _read_back(progress, extra={"lr": rate, "grad_norm": float(norm)})
                events += [spoken, *_terms_apart(spoken, progress=progress)]
            if (
                place == per_epoch - 1 and (epoch + 1) % schedule.measure_every == 0
            ) or progress.step == total:
                events += _measure(method, progress=progress)
            yield from events
            if schedule.checkpoints is not None and progress.step % schedule.checkpoint_every == 0:
                yield Saving(step=progress.step)
                yield _save(method, optimizer, progress=progress, schedule=schedule)
            yield Stepped(step=progress.step)
    except GeneratorExit:
        if schedule.checkpoints is not None:
            _save(method, optimizer, progress=progress, schedule=schedule)
        raise


def _optimizer(method: Method, optim: OptimSpec) -> torch.optim.AdamW:
    parameters = [p for p in method.parameters() if p.requires_grad]
    return torch.optim.AdamW(parameters, lr=optim.learning_rate, weight_decay=optim.weight_decay, fused=True)


def _rate(step: int, total: int, optim: OptimSpec) -> float:
    warmup = max(1, round(optim.warmup * total))
    if step < warmup:
        return optim.learning_rate * (step + 1) / warmup
    return optim.learning_rate * (total - step) / max(1, total - warmup)


def _step(
    method: Method,
    optimizer: torch.optim.AdamW,
    *,
    batch: Batch,
    optim: OptimSpec,
    rate: float,
    progress: Progress,
) -> Tensor:
    method.train()
    for group in optimizer.param_groups:
        group["lr"] = rate
    terms = method.terms(batch)
    total = torch.stack(list(terms.losses.values())).sum()
    optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(method.parameters(), optim.clip_norm)
    optimizer.step()
    progress.step += 1
    named = {
        "loss/total": total,
        **{f"loss/{name}": term for name, term in terms.losses.items()},
        **terms.observed,
    }
    for name, value in named.items():
        held = progress.sums.get(name)
        progress.sums[name] = value.detach() if held is None else held + value.detach()
    progress.summed_steps += 1
    return norm


def _read_back(progress: Progress, *, extra: dict[str, float]) -> Metrics:
    values = {name: float(value) / progress.summed_steps for name, value in progress.sums.items()}
    progress.sums, progress.summed_steps = {}, 0
    for name, value in {**values, **extra}.items():
        if not math.isfinite(value) and name != "loss/total":
            message = f"{name} became {value} at step {progress.step}; a lower learning rate often helps."
            raise JobError("not_finite", message, step=progress.step)
    return Metrics(step=progress.step, values={**values, **extra})


def _terms_apart(spoken: Metrics, *, progress: Progress) -> list[Event]:
    """A warning, once, when one loss term drowns another."""
    terms = {name: value for name, value in spoken.values.items() if name.startswith("loss/") and value > 0}
    terms.pop("loss/total", None)
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


def _measure(method: Method, *, progress: Progress) -> list[Event]:
    method.eval()
    with torch.no_grad():
        measured = method.measure(step=progress.step)
    if measured.score > progress.best_score:
        progress.best_score, progress.best_step = measured.score, progress.step
        progress.best_state = copy.deepcopy(method.state_dict())
    return measured.events


def _save(
    method: Method, optimizer: torch.optim.AdamW, *, progress: Progress, schedule: Schedule
) -> Checkpointed:
    assert schedule.checkpoints is not None
    state = {
        "spec_hash": schedule.spec_hash,
        "method": method.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": rng_state(),
        "best": {"score": progress.best_score, "step": progress.best_step, "state": progress.best_state},
        "sums": progress.sums,
        "summed_steps": progress.summed_steps,
    }
    path, digest = checkpoint.save(schedule.checkpoints, step=progress.step, state=state)
    return Checkpointed(step=progress.step, path=f"{schedule.checkpoints.name}/{path.name}", sha256=digest)


def _restore(
    path: Path, *, method: Method, optimizer: torch.optim.AdamW, progress: Progress, schedule: Schedule
) -> None:
    state = checkpoint.load(path, spec_hash=schedule.spec_hash)
    method.load_state_dict(state["method"])
    optimizer.load_state_dict(state["optimizer"])
    restore_rng(state["rng"])
    progress.step = state["step"]
    progress.best_score = state["best"]["score"]
    progress.best_step = state["best"]["step"]
    progress.best_state = state["best"]["state"]
    progress.sums = state["sums"]
    progress.summed_steps = state["summed_steps"]
