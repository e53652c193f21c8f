"""What stands between the features of a student's substage and those of a teacher's, and is dropped after training.

Maps are (B, D, L, H, W): B samples, D channels, L moments in time, H and W positions; P is L * H * W.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.tasks.classification.substages import Sizes, resized

_LEAST = 1.0e-6


class Adapter(nn.Module):
    """A 1x1 convolution to another width and batch normalisation; of equal widths nothing, and no parameters.

    After normalisation each channel has the moments that its own two parameters say, whatever the student does: a
    loss on the distribution of features would teach it nothing there. So both sides of it are given.
    """

    def __init__(self, own_width: int, other_width: int) -> None:
        super().__init__()
        self.mapping: nn.Conv1d | None = None
        self.norm: nn.BatchNorm1d | None = None
        if own_width != other_width:
            self.mapping = nn.Conv1d(own_width, other_width, 1, bias=False)
            self.norm = nn.BatchNorm1d(other_width)

    @torch.no_grad()
    def begin_at(self, own_BDLHW: Tensor, other_BDLHW: Tensor) -> None:
        """This will let what it gives of the student's maps begin with the spread of a teacher's, channel by channel.

        What is normalised begins with its mean as well.
        """
        if self.mapping is None or self.norm is None:
            return
        spread_D, mean_D = torch.std_mean(other_BDLHW.transpose(0, 1).flatten(1), dim=1, correction=0)
        mapped_D = self.mapping(own_BDLHW.flatten(2)).transpose(0, 1).flatten(1).std(1, correction=0)
        self.mapping.weight.mul_((spread_D / mapped_D.clamp(min=_LEAST)).view(-1, 1, 1))
        self.norm.weight.copy_(spread_D)
        self.norm.bias.copy_(mean_D)

    def forward(self, maps_BDLHW: Tensor, sizes: Sizes) -> tuple[Tensor, Tensor]:
        """This will give the student's maps in the teacher's width; and those normalised, in these sizes as well."""
        if self.mapping is None or self.norm is None:
            return maps_BDLHW, resized(maps_BDLHW, sizes)
        mapped_BDP: Tensor = self.mapping(maps_BDLHW.flatten(2))
        normal_BDP = self._normalised(self.norm, mapped_BDP)
        shape = (*mapped_BDP.shape[:2], *maps_BDLHW.shape[2:])
        return mapped_BDP.view(shape), resized(normal_BDP.view(shape), sizes)

    @staticmethod
    def _normalised(norm: nn.BatchNorm1d, mapped_BDP: Tensor) -> Tensor:
        if mapped_BDP.shape[0] * mapped_BDP.shape[2] > 1:
            normal_BDP: Tensor = norm(mapped_BDP)
            return normal_BDP
        # One vector, as the last batch of an epoch may be, has no spread of its own.
        return functional.batch_norm(
            mapped_BDP, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
