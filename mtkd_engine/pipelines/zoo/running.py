"""The course of a job of method mutual or partition.

load dataset and participants    refuse what does not fit, before any work
evaluate                         every participant on validation as it was registered: who knows best before training
fit                              the training loop (loop.py): all learners together
solo                             where the spec asks for it, every learner by itself for the same time
evaluate                         each learner's best state on test, beside its start
export                           every learner's files, tables of samples, result
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch

from mtkd_engine import checkpoint
from mtkd_engine.evaluation.weighing import WeightRecord
from mtkd_engine.events import Entered, Event, ProbeSet
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.zoo.members import Held, assemble
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.pipelines.place import Place, schedule_of, started
from mtkd_engine.pipelines.zoo import classification, dense
from mtkd_engine.report.zoo.ending import report
from mtkd_engine.report.zoo.face import Arena
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed
from mtkd_engine.solo import fit_after
from mtkd_engine.sources import Sources
from mtkd_engine.spec import ClassificationSpec, DenseSpec, MutualSpec, PartitionSpec, Spec
from mtkd_engine.teachers.known import warn_of_known_tests


def run(spec: Spec, *, sources: Sources, place: Place, resume: Path | None) -> Generator[Event, None, None]:
    """This will run a job and yield what happens, as `distill` does."""
    arena = _arena(spec, sources=sources, place=place)
    schedule = schedule_of(spec, place=place)
    compares = spec.evaluation.compare_solo
    steps = schedule.steps(len(arena.splits["train"]))
    yield started(spec, steps=steps * (1 + compares), place=place, resume=resume)
    yield from warn_of_known_tests(arena.entrants, arena.dataset)

    yield Entered(part="evaluation", detail="before training")
    held = _held(arena, spec, device=place.device)
    yield ProbeSet(
        sample_ids=[arena.samples("val")[row].sample_id for row in held.probe_rows],
        labels=arena.described(held.probe_rows),
    )
    method = _method(arena, spec, held=held, steps=steps, device=place.device)
    if resume is None:
        yield from method.begun()

    yield Entered(part="training")
    saved = None if resume is None else checkpoint.load(resume, spec_hash=schedule.spec_hash)
    earlier = None if saved is None else saved.get("earlier")
    progress = Progress(weights=_record(arena, method, schedule))
    torch.manual_seed(derived_seed("zoo", spec.seed))
    end = yield from fit(
        method, train=arena.splits["train"], schedule=schedule, progress=progress, resume=earlier or saved
    )
    alone = None
    if compares:  # every learner by itself, in the same batches and for the same time: plain fine-tuning
        yield Entered(part="solo")
        alone = _method(arena, spec, held=held, steps=steps, device=place.device, transfers=False)
        torch.manual_seed(derived_seed("zoo", spec.seed))
        yield from fit_after(
            alone,
            train=arena.splits["train"],
            schedule=schedule,
            taught=end,
            progress=Progress(),
            resume=saved if earlier else None,
        )
    yield from report(
        spec,
        arena=arena,
        method=method,
        alone=alone,
        progress=progress,
        folder=place.artifacts,
        device=place.device,
    )


def _arena(spec: Spec, *, sources: Sources, place: Place) -> Arena[Any]:
    if isinstance(spec, ClassificationSpec):
        return classification.arena_of(spec, sources=sources, place=place)
    assert isinstance(spec, DenseSpec)
    return dense.arena_of(spec, sources=sources, place=place)


def _held(arena: Arena[Any], spec: Spec, *, device: str) -> Held:
    """How everybody stands on validation before training, and the samples that are watched."""
    asked = _asked(spec)
    starts = [
        arena.discipline.standing(entrant.model.to(device), place, "val", by=asked.criterion)
        for place, entrant in enumerate(arena.entrants)
    ]
    samples = len(arena.samples("val"))
    generator = torch.Generator().manual_seed(derived_seed("probe", spec.seed))
    chosen = torch.randperm(samples, generator=generator)[: spec.evaluation.probe_samples]
    return Held(starts=starts, probe_rows=sorted(chosen.tolist()))


def _method(
    arena: Arena[Any], spec: Spec, *, held: Held, steps: int, device: str, transfers: bool = True
) -> Transfer[Any]:
    """The participants as they were registered, ready to be trained."""
    asked = _asked(spec)
    names = [entrant.name for entrant in arena.entrants]
    learners = [names.index(asked.student)] if isinstance(asked, PartitionSpec) else list(range(len(names)))
    members = assemble(
        [(entrant.name, copy.deepcopy(entrant.model).to(device)) for entrant in arena.entrants],
        discipline=arena.discipline,
        learners=learners,
        held=transfers and (isinstance(asked, PartitionSpec) or asked.anchor),
        recompute=isinstance(asked, MutualSpec) and asked.recompute,
    )
    return Transfer(
        members,
        spec=asked,
        discipline=arena.discipline,
        held=held,
        total_steps=steps,
        transfers=transfers,
    ).to(device)


def _record(arena: Arena[Any], method: Transfer[Any], schedule: Schedule) -> WeightRecord:
    return WeightRecord(
        teachers=method.members.sources,
        train=[sample.sample_id for sample in arena.samples("train")],
        val=[sample.sample_id for sample in arena.samples("val")],
        epochs=schedule.optim.epochs,
        measured=schedule.measurements(),
    )


def _asked(spec: Spec) -> MutualSpec | PartitionSpec:
    assert isinstance(spec.method, MutualSpec | PartitionSpec)
    return spec.method
