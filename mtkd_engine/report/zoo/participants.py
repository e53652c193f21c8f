"""Every participant of a zoo before and after, beside the same one fitted to the labels alone."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from mtkd_engine.methods.zoo.face import Standing
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.report.zoo.face import Arena, Entrant
from mtkd_engine.report.zoo.transfers import flips
from mtkd_engine.spec import MutualSpec, PartitionSpec

MEASURED = ("val", "test")
Standings = dict[str, Standing]
"""By split."""


@dataclass(frozen=True)
class Learned:
    """A learner's best state: the network, the step, and how it stands."""

    model: nn.Module
    step: int
    standing: Standings


def stand(arena: Arena[Any], model: nn.Module, place: int, spec: MutualSpec | PartitionSpec) -> Standings:
    """This will measure a participant on validation and test."""
    return {
        split: arena.discipline.standing(model, place, split, by=spec.criterion, thorough=True)
        for split in MEASURED
    }


def best_of(
    arena: Arena[Any], method: Transfer[Any], place: int, *, spec: MutualSpec | PartitionSpec, device: str
) -> Learned:
    """This will take a learner's best state out of a method, and measure it."""
    best = method.best[place]
    model = copy.deepcopy(arena.entrants[place].model).to(device)
    model.load_state_dict(best.state)
    return Learned(model.eval(), best.step, stand(arena, model, place, spec))


def told_participant(
    arena: Arena[Any],
    entrant: Entrant,
    *,
    before: Standings,
    last: Standings | None,
    after: Learned | None,
    alone: Learned | None,
) -> dict[str, Any]:
    """This will say of one participant all that was measured; of one that did not learn, how it stood."""
    told: dict[str, Any] = {
        "name": entrant.name,
        "content_hash": entrant.content_hash,
        "family": entrant.card.net.family,
        "learns": after is not None,
        "parameters": sum(p.numel() for p in entrant.model.parameters()),
        "before": _values(before),
        "cost": arena.cost(entrant.model, entrant.card),
    }
    if after is None or last is None:
        return told
    primary = arena.discipline.primary
    own = after.standing["test"].values[primary]
    against = {"before": before["test"]} | ({"alone": alone.standing["test"]} if alone else {})
    told |= {
        "after": _values(after.standing),
        "best_step": after.step,
        "last": _values(last),
        "gain": round(own - before["test"].values[primary], 6),
        "flips": flips(before["test"], after.standing["test"]),
        "comparisons": arena.compared(after.standing["test"], against),
    }
    if alone is not None:
        told["alone"] = _values(alone.standing)
        told["gain_over_alone"] = round(own - alone.standing["test"].values[primary], 6)
        told["flips_alone"] = flips(before["test"], alone.standing["test"])
    return told


def means(told: Sequence[dict[str, Any]], part: str, primary: str) -> dict[str, float]:
    """This will give the mean over learners of a part's metrics on test, the primary one first."""
    learners = [one[part]["test"] for one in told if part in one]
    names = sorted(learners[0], key=lambda name: name != primary)
    return {name: sum(values[name] for values in learners) / len(learners) for name in names}


def _values(standings: Standings) -> dict[str, dict[str, float]]:
    return {split: standing.values for split, standing in standings.items()}
