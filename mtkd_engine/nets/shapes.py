"""Networks without memory: their tensors have names, shapes and dtypes, but no values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_DRAWS = {Tensor.normal_, Tensor.uniform_}
_MAKES = {torch.rand, torch.randn}
_SCALES = {Tensor.mul, Tensor.div}
_INITIALISATIONS = {nn.init.kaiming_uniform_, nn.init.normal_, nn.init.uniform_}  # they ask before they draw


@contextmanager
def shapes_only() -> Iterator[None]:
    """This will have modules made inside take no memory."""
    with torch.device("meta"), _NoValues():
        yield


class _NoValues(TorchFunctionMode):
    """What only draws or scales values leaves tensors as they are.

    It could change nothing in tensors without values, but torch imports its compiler to find that out: two seconds.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _DRAWS:
            return args[0]
        if func in _INITIALISATIONS:
            return given["tensor"]
        if func in _SCALES and args[0].is_floating_point() and isinstance(args[1], float):
            return args[0]
        return (torch.empty if func in _MAKES else func)(*args, **given)
