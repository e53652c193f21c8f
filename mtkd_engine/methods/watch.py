"""What a person should be warned of while teachers teach; each once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtkd_engine.events import Event, Warned, Weights

DEAD_GRADIENT = 1e-3
COLLAPSED = 0.98


class Watch:
    """Notices a distillation loss that moves nothing and a gate that has collapsed on one teacher."""

    def __init__(self) -> None:
        self._ratio: Tensor | None = None
        self._said: set[str] = set()

    def compare(self, kd: Tensor, hard: Tensor, logits: tuple[Tensor, ...]) -> None:
        """This will compare how hard two losses pull at the student's logits, once between two measurements."""
        if self._ratio is None:
            self._ratio = _gradient_ratio(kd, hard, logits)

    def look(self, spoken: Weights, *, learned: bool) -> list[Event]:
        """This will say what there is to warn of; only weights that were `learned` can collapse."""
        ratio = None if self._ratio is None else float(self._ratio)
        self._ratio = None
        found = [_dead(ratio, step=spoken.step), _collapsed(spoken) if learned else None]
        fresh = [event for event in found if event is not None and event.code not in self._said]
        self._said |= {event.code for event in fresh}
        return list(fresh)


def below_blind(
    names: Sequence[str], quality: Sequence[float], *, blind: float, metric: str = "mIoU"
) -> list[Warned]:
    """This will warn of each teacher that is worse on validation than what was guessed from train without looking."""
    return [
        Warned(
            code="teacher_below_blind",
            message=f"Teacher {name!r} is worse than guessing without looking: {metric} {own:.3f} on validation, "
            f"blind {blind:.3f}. Without it the student may learn more.",
        )
        for name, own in zip(names, quality, strict=True)
        if own < blind
    ]


def _collapsed(spoken: Weights) -> Warned | None:
    top = max(spoken.mean)
    if len(spoken.mean) < 2 or top <= COLLAPSED:
        return None
    name = spoken.teachers[spoken.mean.index(top)]
    message = f"The weights collapsed: teacher {name!r} holds {top:.1%} of them on average."
    return Warned(code="weights_collapsed", message=message, step=spoken.step)


def _dead(ratio: float | None, *, step: int) -> Warned | None:
    if ratio is None or ratio >= DEAD_GRADIENT:
        return None
    message = (
        f"The distillation loss moves the student {ratio:.1e} times as hard as the labels do; "
        "the teachers hardly count. A larger distillation weight or lower temperature helps."
    )
    return Warned(code="kd_gradient_dead", message=message, step=step)


def _gradient_ratio(kd: Tensor, hard: Tensor, logits: tuple[Tensor, ...]) -> Tensor:
    def norm(loss: Tensor) -> Tensor:
        grads = torch.autograd.grad(loss, logits, retain_graph=True)
        both: Tensor = torch.stack([g.norm() for g in grads]).norm()
        return both

    ratio: Tensor = norm(kd) / norm(hard).clamp_min(1e-12)
    return ratio.detach()
