"""Steps of a student in stages without the loop, and what they leave."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.events import Metrics
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.spec.classification.staged import PseudoLabelSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from tests.engine.methods.classification.staged.studio import SAMPLES, Pictures

EASY = PseudoLabelSpec(threshold=0.3, floor=0.1, momentum=0.5)


def take_step(method: Staged, batch: ClassBatch, optimizer: torch.optim.Optimizer) -> dict[str, float]:
    method.train()
    terms = method.terms(batch)
    optimizer.zero_grad(set_to_none=True)
    torch.stack(list(terms.losses.values())).sum().backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(list(method.fitted()), 5.0)
    optimizer.step()
    return {name: float(value.detach()) for name, value in terms.losses.items()}


def take_steps(method: Staged, train: Pictures, *, steps: int = 2, offset: int = 0) -> list[dict[str, float]]:
    optimizer = torch.optim.SGD(method.groups(), lr=0.01, momentum=0.9)
    for group in optimizer.param_groups:
        group["lr"] *= group["factor"]
    said = []
    for step in range(offset, offset + steps):
        rows = [(16 * step + place) % SAMPLES for place in range(16)]
        said.append(take_step(method, train.at_view(-1, rows), optimizer))
    return said


def tensors_of(method: Staged) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in method.state_dict().items() if isinstance(value, Tensor)}


def changed_since(method: Staged, before: dict[str, Tensor]) -> set[str]:
    return {name for name, value in tensors_of(method).items() if not torch.equal(value, before[name])}


def measure(method: Staged) -> tuple[float, dict[str, float], list[Any]]:
    method.eval()
    with torch.no_grad():
        measured = method.measure(step=7)
    values = {
        name: value
        for event in measured.events
        if isinstance(event, Metrics)
        for name, value in event.values.items()
    }
    assert all(event.step == 7 for event in measured.events if isinstance(event, Metrics))
    assert measured.weights_NHT is not None
    assert measured.weights_NHT.shape == (6, 1, 2)
    return measured.score, values, measured.events
