"""Building blocks of grounding networks; none lets a padded position reach a valid one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mtkd_engine.nets.masking import masked_softmax


def sinusoids(length: int, width: int, device: torch.device) -> Tensor:
    """This will give the (length, width) sinusoidal positions of "Attention is all you need"."""
    place_N1 = torch.arange(length, dtype=torch.float32, device=device).unsqueeze(1)
    rate_C = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    return torch.cat([torch.sin(place_N1 * rate_C), torch.cos(place_N1 * rate_C)], dim=1)[:, :width]


class FeatureScale(nn.Module):
    """Brings every feature to mean 0 and spread 1 with numbers found on the training videos.

    Extractors differ by orders of magnitude in scale, and many leave most features silent; a network that
    starts on raw ones can stay blind. The numbers travel with the parameters.
    """

    mean_D: Tensor
    scale_D: Tensor

    def __init__(self, feature_width: int) -> None:
        super().__init__()
        self.register_buffer("mean_D", torch.zeros(feature_width))
        self.register_buffer("scale_D", torch.ones(feature_width))

    def set(self, mean_D: Tensor, spread_D: Tensor) -> None:
        """This will take over what was found; features that hardly move are not blown up."""
        floor = 0.1 * float(spread_D.mean()) + 1e-6
        self.mean_D.copy_(mean_D)
        self.scale_D.copy_(1.0 / spread_D.clamp_min(floor))

    def forward(self, features_BLD: Tensor) -> Tensor:
        """This will scale (B, L, D)."""
        return (features_BLD - self.mean_D) * self.scale_D


class ChannelDropout(nn.Module):
    """Drops whole channels of a sample, at every position alike.

    Cheaper than dropping single activations, and what it draws does not depend on the length of the padding.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x_BNC: Tensor) -> Tensor:
        """This will drop channels of (B, ..., C) in training and do nothing in evaluation."""
        if not self.training or self.share == 0.0:
            return x_BNC
        middle = [1] * (x_BNC.dim() - 2)
        kept = torch.rand(x_BNC.shape[0], *middle, x_BNC.shape[-1], device=x_BNC.device) >= self.share
        return x_BNC * (kept / (1.0 - self.share))


class ConvBlock(nn.Module):
    """Residual depth-wise separable convolution over positions, LayerNorm first."""

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.pointwise = nn.Linear(width, width)
        self.dropout = ChannelDropout(dropout)

    def forward(self, x_BNC: Tensor, mask_BN: Tensor) -> Tensor:
        """This will mix neighbouring valid positions; shapes stay (B, N, C)."""
        # Padding looks like the zeros beyond the edge, so a longer batch changes nothing.
        inner_BNC = self.norm(x_BNC) * mask_BN.unsqueeze(-1)
        inner_BNC = self.depthwise(inner_BNC.transpose(1, 2)).transpose(1, 2)
        mixed: Tensor = x_BNC + self.dropout(torch.relu(self.pointwise(inner_BNC)))
        return mixed


class AttentionBlock(nn.Module):
    """Residual multi-head self-attention and a small feed-forward network, LayerNorm first."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.dropout = ChannelDropout(dropout)

    def forward(self, x_BNC: Tensor, mask_BN: Tensor) -> Tensor:
        """This will let every position attend to all valid ones; shapes stay (B, N, C)."""
        batch, length, width = x_BNC.shape
        parts = self.project(self.norm(x_BNC)).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // self.heads)
        share = masked_softmax(scores, mask_BN[:, None, None, :], dim=-1)
        seen_BNC = (share @ value).transpose(1, 2).reshape(batch, length, width)
        x_BNC = x_BNC + self.dropout(self.join(seen_BNC))
        fed: Tensor = x_BNC + self.dropout(self.feed(x_BNC))
        return fed


class AttentivePool(nn.Module):
    """One vector per sample: a learned, masked average over positions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, x_BNC: Tensor, mask_BN: Tensor) -> Tensor:
        """This will pool (B, N, C) to (B, C)."""
        share_BN = masked_softmax(self.score(x_BNC).squeeze(-1), mask_BN, dim=1)
        pooled: Tensor = (share_BN.unsqueeze(1) @ x_BNC).squeeze(1)
        return pooled
