"""Who taught whom, how often, and what it brought.

Shape suffixes: N samples of test, M learners, P participants, S sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.comparing.complement import Known
from mtkd_engine.comparing.partners import ranked
from mtkd_engine.methods.zoo.face import Standing


def transfer_matrix(
    taught_MS: Tensor,
    *,
    learners: Sequence[str],
    sources: Sequence[str],
    weights_NMS: Tensor,
    before: Mapping[int, Standing],
    after: Mapping[int, Standing],
) -> dict[str, Any]:
    """This will give, learner by source: the share of what it saw in training that the source taught, and of how many
    samples (each time that they were seen); and the mean change of its quality on the test samples that the source
    knew best before anybody learned, null where there are none.

    What a learner keeps to itself stands under its own name. `before` and `after` are those of test, by place.
    """
    taught_MS = taught_MS.cpu().double()
    seen_M1 = taught_MS.sum(1, keepdim=True).clamp(min=1)
    brought, known = [], []
    for m, place in enumerate(sorted(after)):
        change_N = (after[place].quality_N - before[place].quality_N).double()
        best_N = weights_NMS[:, m].argmax(1)  # also of shares, however even they are
        is_best_NS = torch.nn.functional.one_hot(best_N, len(sources)).bool()
        known.append([int(count) for count in is_best_NS.sum(0)])
        brought.append([_mean(change_N[is_best_N]) for is_best_N in is_best_NS.unbind(1)])
    return {
        "learners": list(learners),
        "sources": list(sources),
        "share": [[round(float(x), 6) for x in row] for row in taught_MS / seen_M1],
        "samples": [[round(float(x)) for x in row] for row in taught_MS],
        "brought": brought,
        "known_best": known,
    }


def flips(before: Standing, after: Standing) -> dict[str, float]:
    """This will give the share of samples that became right, and of those that became wrong.

    Of samples that are right in part, the mean rise of those that rose, and the mean fall of those that fell.
    """
    change_N = (after.right_N - before.right_N).double()
    return {
        "positive": round(float(change_N.clamp(min=0).mean()), 6),
        "negative": round(float((-change_N).clamp(min=0).mean()), 6),
    }


def complementary(
    names: Sequence[str], before: Sequence[Standing], *, sources: Sequence[str], graded: bool
) -> list[dict[str, Any]]:
    """This will say pair by pair what models knew between them that neither knew alone, the most promising first.

    Of qualities that are `graded` the better one knows; otherwise a sample is right or wrong.
    """
    models = {
        name: Known(
            quality_N=(one.quality_N if graded else one.right_N).double().numpy(),
            surety_N=one.criterion_N.double().numpy(),
            said_N=None if graded else one.said.argmax(1).numpy(),
        )
        for name, one in zip(names, before, strict=True)
    }
    return [pair.as_dict() for pair in ranked(models, sources)]


def _mean(change_K: Tensor) -> float | None:
    return round(float(torch.mean(change_K)), 6) if len(change_K) else None
