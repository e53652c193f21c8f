"""Batch normalisation that stands a batch of one sample whose map has one cell."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class _Steady2d(nn.BatchNorm2d):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return _with_what_is_known(self, input) if _is_one_value(self, input) else super().forward(input)


class _Steady3d(nn.BatchNorm3d):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return _with_what_is_known(self, input) if _is_one_value(self, input) else super().forward(input)


_OWN: dict[type[nn.Module], type[nn.Module]] = {nn.BatchNorm2d: _Steady2d, nn.BatchNorm3d: _Steady3d}


def steady(net: nn.Module) -> None:
    """This will have a network's batch normalisation use what it learned so far where there is but one value.

    One value has no spread: torch refuses to train on it, as on the last batch of an epoch where that has one sample
    and the deepest maps have one cell. Parameters and their names stay.
    """
    for module in net.modules():
        own = _OWN.get(type(module))
        if own is not None:
            module.__class__ = own


def _is_one_value(norm: nn.Module, maps: Tensor) -> bool:
    return norm.training and maps.numel() == maps.shape[1]


def _with_what_is_known(norm: nn.BatchNorm2d | nn.BatchNorm3d, maps: Tensor) -> Tensor:
    return functional.batch_norm(
        maps, norm.running_mean, norm.running_var, norm.weight, norm.bias, training=False, eps=norm.eps
    )
