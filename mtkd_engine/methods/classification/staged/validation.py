"""The terms of a substage's stage on validation, which need no label; and how good its hybrids are, which does.

Shape suffixes: B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from mtkd_engine.methods.classification.staged.terms import Compared
from mtkd_engine.tasks.classification.batches import ClassBatch


def on_validation(
    batches: Iterable[ClassBatch], *, compare: Callable[[ClassBatch], Compared], weights: Mapping[str, float]
) -> dict[str, float]:
    """This will give means over all samples: each term as `val/NAME`, `val/loss`, their sum by their weights.

    `val/hybrid_top1` is the accuracy of what the hybrids believe under the weights of their teachers.
    """
    sums: dict[str, Tensor] = {}
    right: Tensor | None = None
    samples = 0
    for batch in batches:
        compared = compare(batch)
        samples += len(batch.labels_B)
        for name, loss_B in compared.terms.items():
            sums[name] = loss_B.double().sum() + sums.get(name, 0.0)
        if compared.hybrid_BC is not None:
            hits = (compared.hybrid_BC.argmax(1) == batch.labels_B).sum()
            right = hits if right is None else right + hits
    values = {name: float(total) / samples for name, total in sums.items()}
    named = {f"val/{name}": value for name, value in values.items()}
    named["val/loss"] = sum(weights[name] * value for name, value in values.items())
    return named if right is None else {**named, "val/hybrid_top1": int(right) / samples}
