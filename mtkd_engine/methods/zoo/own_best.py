"""Each learner's own best state: they do not get there at the same step, and each may go its own way afterwards."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass
class OwnBest:
    """The state of one learner that measured best so far, and at which step."""

    score: float = -math.inf
    step: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)

    def take(self, score: float, *, step: int, model: nn.Module) -> None:
        """This will keep a state where it is better than all before."""
        if score > self.score:
            self.score, self.step = score, step
            self.state = copy.deepcopy(model.state_dict())

    def to_state(self) -> dict[str, Any]:
        """This will give plain data and tensors for a checkpoint."""
        return {"score": self.score, "step": self.step, "state": self.state}

    @classmethod
    def from_state(cls, held: Mapping[str, Any]) -> OwnBest:
        """This will take up what `to_state` gave."""
        return cls(held["score"], held["step"], held["state"])
