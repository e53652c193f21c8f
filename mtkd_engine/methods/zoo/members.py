"""Who takes part: learners, teachers that stand still, and the frozen starts that learners are held to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

import torch
from torch import nn

from mtkd_engine.methods.base import BatchT
from mtkd_engine.methods.zoo.face import Answer, Discipline, Standing
from mtkd_engine.methods.zoo.recompute import recomputed

OWN_START = "(own start)"
"""What stands for a learner's own start among the sources."""


@dataclass(frozen=True)
class Member(Generic[BatchT]):
    """One participant: its network, how it answers, and whether it learns."""

    name: str
    model: nn.Module
    learns: bool
    run: Callable[[BatchT], Answer]

    def answer(self, batch: BatchT) -> Answer:
        """This will answer a batch, with a gradient where the participant learns."""
        if self.learns:
            return self.run(batch)
        with torch.no_grad():
            return self.run(batch)


@dataclass(frozen=True)
class Members(Generic[BatchT]):
    """All participants in their order, and the frozen starts of learners by their place, where there are any."""

    all: Sequence[Member[BatchT]]
    starts: dict[int, Member[BatchT]]

    @property
    def learners(self) -> list[int]:
        """The places of those that learn."""
        return [place for place, member in enumerate(self.all) if member.learns]

    @property
    def sources(self) -> list[str]:
        """Who may teach, by name."""
        return [member.name for member in self.all] + ([OWN_START] if self.starts else [])

    def trained(self) -> Iterator[tuple[int, nn.Module]]:
        """This will give the networks that learn, by their places."""
        return ((place, self.all[place].model) for place in self.learners)


@dataclass(frozen=True, kw_only=True)
class Held:
    """How all participants stood on validation before anything was learned, and which of its rows are probes."""

    starts: Sequence[Standing]
    probe_rows: list[int]


def assemble(
    models: Sequence[tuple[str, nn.Module]],
    *,
    discipline: Discipline[BatchT],
    learners: Sequence[int],
    held: bool,
    recompute: bool = False,
) -> Members[BatchT]:
    """This will make participants of networks; with `held` each learner's start, as it is now, is kept beside it."""
    members, starts = [], {}
    for place, (name, model) in enumerate(models):
        learns = place in learners
        if learns and held:
            start = _frozen(copy.deepcopy(model))
            starts[place] = Member(name, start, False, discipline.runner(start, place))
        model.requires_grad_(learns)
        if not learns:
            model.eval()
        run = discipline.runner(model, place)
        members.append(Member(name, model, learns, recomputed(run, model) if learns and recompute else run))
    return Members(members, starts)


def _frozen(model: nn.Module) -> nn.Module:
    return model.eval().requires_grad_(False)
