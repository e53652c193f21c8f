"""How a network looks from outside, whatever its task: tensors by name in and out, and which axes are free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn


class NoOnnxError(Exception):
    """There is no ONNX file of this student; the sentence says why."""


class OnnxDiffersError(NoOnnxError):
    """An ONNX file was made and not kept, for it said anything else than the network."""


class Axis(NamedTuple):
    """An axis of inputs whose length is free: from 1 to `most`, the same wherever the name is."""

    name: str
    most: int


BATCH = Axis("batch", 65_536)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What one task's networks are fed with and give.

    `plain` wraps a network so that it has tensors alone on both sides, in the order of `inputs` and `outputs`; `given`
    makes the first of a batch. Of the `example` only shapes count; `free` has the free axes of each input.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    example: tuple[Tensor, ...]
    free: tuple[dict[int, Axis], ...]
    feeding: dict[str, Any]
    plain: Callable[[nn.Module], nn.Module]
    given: Callable[[Any], tuple[Tensor, ...]]
