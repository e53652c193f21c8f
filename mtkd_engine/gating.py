"""What comes before a taught student is trained: a word on its teachers, and a gate that is fitted beforehand."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from mtkd_engine.evaluation.baselines import blind_quality
from mtkd_engine.events import Entered, Event, Metrics, Stepped, Warned
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.build import Job, teachers_miou
from mtkd_engine.methods.emtm import Emtm
from mtkd_engine.methods.watch import below_blind
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed, restore_rng, rng_state
from mtkd_engine.spec import GroundingSpec, LearnedSpec, OptimSpec, StaticSpec

PREFIX = "gate/"
SHOWN = ("loss/gate", "val/", "weight/")
STATIC_RATE = 0.05


def warn_of_blind_teachers(job: Job) -> Iterator[Warned]:
    """This will warn of teachers that are worse on validation than the blind window; without teachers of none."""
    if not job.faculties:
        return
    val = job.splits["val"]
    miou = teachers_miou(job.faculties["val"], val)
    blind = blind_quality(job.splits["train"].samples, val).values["miou"]
    yield from below_blind(job.faculties["val"].names, miou, blind=blind)


def fit_gate(spec: GroundingSpec, *, job: Job) -> Iterator[Event]:
    """This will fit an aggregator that is to be fitted before the student, and keep its best state for good.

    It learns from the beliefs on train for the epochs that its spec says, otherwise as the student does; its metrics
    are `gate/...` at steps of its own. Nothing is left for a stop to save: a job that is stopped here does this again
    and gets the same bits, and checkpoints of the student carry the gate, so a job that goes on from one must not call
    this. What it draws at random is none of the student's business. Other aggregators are left alone.
    """
    method = job.method
    if not isinstance(method, Emtm) or not method.beforehand:
        return
    yield Entered(part="gate")
    before = rng_state()
    torch.manual_seed(derived_seed("gate", spec.seed))
    gate = method.gate().requires_grad_(True)
    progress = Progress()
    for event in fit(gate, train=job.splits["train"], schedule=_schedule(spec), progress=progress):
        if isinstance(event, Metrics):
            yield Metrics(step=event.step, values=_shown(event.values))
        elif isinstance(event, Stepped):
            yield Stepped(step=0)  # of the student no step is done
    gate.load_state_dict(progress.best.state)
    gate.requires_grad_(False)
    gate.zero_grad(set_to_none=True)
    restore_rng(before)


def _shown(values: dict[str, float]) -> dict[str, float]:
    return {PREFIX + name: value for name, value in values.items() if name.startswith(SHOWN)}


def _schedule(spec: GroundingSpec) -> Schedule:
    return Schedule(
        optim=_optim(spec),
        seed=derived_seed("gate", spec.seed),
        log_every=spec.recording.log_every,
        measure_every=1,
    )


def _optim(spec: GroundingSpec) -> OptimSpec:
    aggregator = getattr(spec.method, "aggregator", None)
    assert isinstance(aggregator, LearnedSpec)
    changed: dict[str, object] = {"epochs": aggregator.epochs}
    if isinstance(aggregator, StaticSpec):
        # One number per teacher has far to go in few steps, and no way to overfit.
        changed |= {"learning_rate": STATIC_RATE, "weight_decay": 0.0}
    return spec.optim.model_copy(update=changed)
