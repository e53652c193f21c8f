"""The teacher that a student is to itself: the moving mean of its states, or its state at the end of a cycle."""

from __future__ import annotations

import copy
from itertools import compress
from typing import Self

import torch
from torch import nn

from mtkd_engine.spec import SelfSpec

TITLES = {"ema": "own_mean", "snapshot": "own_snapshot"}
"""What each is called in results, by the spec's word."""


class OwnTeacher(nn.Module):
    """A copy of a student, always in evaluation mode and without gradients, renewed after each step.

    `ema`: after step s, counted from 1, mean <- a mean + (1 - a) student with a = min(1 - 1 / (s + 1), momentum), of
    all parameters and of what batch normalisation counts; whole numbers are the student's. `snapshot`: after the last
    step of each cycle the student's state, to the bit.
    """

    def __init__(self, student: nn.Module, spec: SelfSpec, *, steps_of_epoch: int) -> None:
        super().__init__()
        self.net = copy.deepcopy(student).requires_grad_(False)
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
