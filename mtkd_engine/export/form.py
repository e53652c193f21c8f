"""How a network looks from outside, whatever its task: tensors by name in and out, and which axes are free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn


class NoOnnxError(Exception):
    """There is no ONNX file of this student; the sentence says why."""


class OnnxDiffersError(NoOnnxError):
    """An ONNX file was made and not kept, for it said anything else than the network."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What one task's networks are fed with and give.

    `plain` wraps a network so that it has tensors alone on both sides, in the order of `inputs` and `outputs`; `given`
    makes the first of a batch. Of the `example` only shapes count; `shapes` names the free axes of each input.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    example: tuple[Tensor, ...]
    shapes: tuple[dict[int, Any], ...]
    feeding: dict[str, Any]
    plain: Callable[[nn.Module], nn.Module]
    given: Callable[[Any], tuple[Tensor, ...]]
