"""Who taught whom, and what it brought on the samples that each knew best."""

from __future__ import annotations

import torch

from mtkd_engine.methods.zoo.face import Standing
from mtkd_engine.report.zoo.transfers import transfer_matrix


def standing(quality: list[float]) -> Standing:
    quality_N = torch.tensor(quality)
    return Standing({"top1": 0.0}, quality_N, quality_N.log(), (quality_N > 0.5).float())


def test_of_even_shares_too_the_largest_says_who_knew_best() -> None:
    """The learner's own start is as sure as itself, so neither of them has half of what it knows best."""
    weights_NS = torch.tensor([[0.3, 0.4, 0.3], [0.35, 0.3, 0.35], [0.32, 0.36, 0.32]])
    told = transfer_matrix(
        torch.tensor([[30.0, 40.0, 30.0]]),
        learners=["a"],
        sources=["a", "b", "(own start)"],
        weights_NMS=weights_NS.unsqueeze(1),
        before={0: standing([0.2, 0.6, 0.4])},
        after={0: standing([0.3, 0.5, 0.5])},
    )
    assert told["known_best"] == [[1, 2, 0]]
    assert told["brought"] == [[-0.1, 0.1, None]]
    assert told["share"] == [[0.3, 0.4, 0.3]]
