"""The teacher that a student is to itself: the moving mean of its states, or its state at the end of a cycle.

What both tasks share of method self stands here; what is learned of the teacher, and how it is measured, does not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import compress
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor, nn

from mtkd_engine.methods.base import BatchT, Method
from mtkd_engine.spec import SelfSpec

NetT = TypeVar("NetT", bound=nn.Module)

TITLES = {"ema": "own_mean", "snapshot": "own_snapshot"}
"""What each is called in results, by the spec's word."""


class OwnTeacher(nn.Module, Generic[NetT]):
    """A copy of a student, always in evaluation mode and without gradients, renewed after each step.

    `ema`: after step s, counted from 1, mean <- a mean + (1 - a) student with a = min(1 - 1 / (s + 1), momentum), of
    all parameters and of what batch normalisation counts; whole numbers are the student's. `snapshot`: after the last
    step of each cycle the student's state, to the bit.
    """

    def __init__(self, student: NetT, spec: SelfSpec, *, steps_of_epoch: int) -> None:
        super().__init__()
        self.net: NetT = copy.deepcopy(student).requires_grad_(False)
        self._spec = spec
        self._cycle = spec.cycle_epochs * steps_of_epoch
        self.train(False)

    def train(self, mode: bool = True) -> Self:
        """This will leave it in evaluation mode, whatever is asked of what it is a part of."""
        return super().train(False)

    def teaches(self, steps: int) -> bool:
        """This will tell whether it has anything to teach after so many steps."""
        return self._spec.teacher == "ema" or steps >= self._cycle

    def follow(self, student: nn.Module, *, step: int) -> None:
        """This will renew it after a step of the student, counted from 1."""
        if self._spec.teacher == "snapshot":
            if step % self._cycle == 0:
                _take(self.net, student, share=1.0)
            return
        _take(self.net, student, share=1 - min(1 - 1 / (step + 1), self._spec.momentum))


class WithOwnTeacher(Method[BatchT], Generic[BatchT, NetT]):
    """A student, and its own teacher that is renewed after each step."""

    grows = frozenset({"kd"})

    def __init__(self, student: NetT, own: OwnTeacher[NetT], spec: SelfSpec) -> None:
        super().__init__()
        self.student = student
        self.own = own
        self._spec = spec
        self._steps = 0

    @property
    def teacher(self) -> NetT | None:
        """The network that teaches now; None while there is none."""
        return self.own.net if self.own.teaches(self._steps) else None

    @property
    def title(self) -> str:
        """What it is called in results."""
        return TITLES[self._spec.teacher]

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give the student's parameters."""
        return (parameter for parameter in self.student.parameters() if parameter.requires_grad)

    def get_extra_state(self) -> dict[str, Any]:
        """This will give the number of steps done, for a checkpoint."""
        return {"steps": self._steps}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take up the number of steps done."""
        self._steps = state["steps"]

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will renew the teacher."""
        self._steps = step
        self.own.follow(self.student, step=step)
        return {}


@torch.no_grad()
def _take(mean: nn.Module, student: nn.Module, *, share: float) -> None:
    """Move every tensor by `share` of the way; all the way is a copy to the bit."""
    own, new = ([*net.parameters(), *net.buffers()] for net in (mean, student))
    moving = [share != 1.0 and tensor.is_floating_point() for tensor in own]
    for tensor, seen, moves in zip(own, new, moving, strict=True):
        if not moves:
            tensor.copy_(seen)
    if any(moving):  # on a GPU one call for all of them is much less than one for each
        torch._foreach_lerp_(list(compress(own, moving)), list(compress(new, moving)), share)
