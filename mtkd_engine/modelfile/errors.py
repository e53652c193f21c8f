"""How a model file is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

What = Literal["missing", "unexpected", "shape", "dtype"]


@dataclass(frozen=True)
class Misfit:
    """One tensor that does not fit the architecture; `found` and `wanted` are for a person to read."""

    tensor: str
    what: What
    found: str | None
    wanted: str | None


class ModelError(ValueError):
    """A model file cannot be trusted or does not fit; the sentence says why.

    `mismatch` lists every tensor that does not fit, where that is the reason.
    """

    def __init__(self, sentence: str, *, mismatch: Sequence[Misfit] = ()) -> None:
        super().__init__(sentence)
        self.mismatch = tuple(mismatch)
