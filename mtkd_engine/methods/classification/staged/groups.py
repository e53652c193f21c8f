"""Parameters by their share of the learning rate, as optimisers of torch take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import nn

from mtkd_engine.methods.base import ParameterGroup


def groups_of(parts: Iterable[tuple[float, Sequence[nn.Parameter]]]) -> list[ParameterGroup]:
    """This will put parameters of one share together, the largest share first; those of share 0 are left out."""
    by_share: dict[float, list[nn.Parameter]] = {}
    for share, parameters in parts:
        if share > 0 and parameters:
            by_share.setdefault(share, []).extend(parameters)
    return [{"params": by_share[share], "factor": share} for share in sorted(by_share, reverse=True)]
