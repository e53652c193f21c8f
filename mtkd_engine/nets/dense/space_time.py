"""Attention over patches of a film, apart over space and over time, and a decoder to the map of every frame.

divided: every block looks over time, then over space (TimeSformer, Bertasius et al. 2021); factorised: blocks over
space first, then blocks over time (ViViT model 2, Arnab et al. 2021), with all tokens kept, as every cell has an
answer here. Shape suffixes: B films, T frames, N patches of a frame, R rows of tokens that look at each other, L tokens
of one, C channels, H and W pixels or cells.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.dense.base import DenseNet, group_norm, resized
from mtkd_engine.spec import FilmInput, SpaceTimeNet, SpecError

MOST_TOKENS = 16_384
"""Patches of one film at the most."""
MOST_OF_FRAME = 4096
"""Patches of one frame at the most: each looks at all others."""


class SpaceTimeMaps(DenseNet):
    """The network that a `SpaceTimeNet` describes, for films of up to as many frames as the card says."""

    def __init__(self, net: SpaceTimeNet, *, reads: FilmInput) -> None:
        super().__init__()
        self._patch = net.patch
        # Frames are resized to whole patches, so that maps cover all of the picture and nothing else.
        self._rows, self._columns = -(-reads.height // net.patch), -(-reads.width // net.patch)
        _refuse_many(self._rows * self._columns, net, reads)
        self.patches = nn.Conv2d(3, net.width, net.patch, stride=net.patch)
        self.places = nn.Parameter(torch.randn(1, 1, self._rows * self._columns, net.width) * 0.02)
        self.moments = nn.Parameter(torch.randn(1, reads.frames, 1, net.width) * 0.02)
        orders = ["time", "space"] * net.depth
        if net.arrangement == "factorised":
            orders = ["space"] * net.depth + ["time"] * net.depth
        self.attention = nn.ModuleList(_Attention(net.width, heads=net.heads, over=over) for over in orders)
        # A block of TimeSformer ends with one network of two layers, of ViViT every layer of attention does.
        thinks = [over == "space" or net.arrangement == "factorised" for over in orders]
        self.thinking = nn.ModuleList(_thinking(net.width) if one else nn.Identity() for one in thinks)
        self.norm = nn.LayerNorm(net.width)
        self.decoder = _decoder(net)

    def forward(self, given: Tensor) -> Tensor:
        """This will give the logits (B, T, h, w) of films (B, T, 3, H, W)."""
        frames = given.shape[1]
        assert frames <= self.moments.shape[1], "moments are told apart by learned positions"
        whole = resized(given.flatten(0, 1), self._rows * self._patch, self._columns * self._patch)
        tokens_BNC = self.patches(whole).flatten(2).transpose(1, 2)
        tokens_BTNC = tokens_BNC.reshape(-1, frames, *tokens_BNC.shape[1:])
        tokens_BTNC = tokens_BTNC + self.places + self.moments[:, :frames]
        for attention, thinking in zip(self.attention, self.thinking, strict=True):
            tokens_BTNC = attention(tokens_BTNC)
            if not isinstance(thinking, nn.Identity):
                tokens_BTNC = tokens_BTNC + thinking(tokens_BTNC)
        maps = self.norm(tokens_BTNC).flatten(0, 1).transpose(1, 2)
        maps = maps.reshape(*maps.shape[:2], self._rows, self._columns)
        logits: Tensor = self.decoder(maps)
        return logits.reshape(-1, frames, *logits.shape[2:])


class _Attention(nn.Module):
    """Tokens look at those of the same place in other frames, or at those of the same frame."""

    def __init__(self, width: int, *, heads: int, over: str) -> None:
        super().__init__()
        self._heads, self._over_time = heads, over == "time"
        self.norm = nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens_BTNC: Tensor) -> Tensor:
        """This will give tokens (B, T, N, C) that have looked."""
        rows_BRLC = tokens_BTNC.transpose(1, 2) if self._over_time else tokens_BTNC
        asked = self.asked(self.norm(rows_BRLC)).flatten(0, 1)
        asked = asked.reshape(*asked.shape[:2], 3, self._heads, -1)
        query, key, value = (one.transpose(1, 2) for one in asked.unbind(2))
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        looked: Tensor = self.out(seen.reshape(rows_BRLC.shape))
        return tokens_BTNC + (looked.transpose(1, 2) if self._over_time else looked)


def _thinking(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
    )


def _decoder(net: SpaceTimeNet) -> nn.Sequential:
    """Twice as fine, and twice again where patches are large enough for that."""
    finer = 2 if net.patch >= 4 else 1
    width, layers = net.width, []
    for _ in range(finer):
        narrower = max(8, width // 2)
        layers += [
            nn.Conv2d(width, narrower, 3, padding=1, bias=False),
            group_norm(narrower),
            nn.GELU(),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        ]
        width = narrower
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 3, padding=1))


def _refuse_many(patches: int, net: SpaceTimeNet, reads: FilmInput) -> None:
    most = min(MOST_OF_FRAME, MOST_TOKENS // reads.frames)
    if patches > most:
        raise SpecError(
            {
                "net.patch": f"given {net.patch}, which makes {patches:,} patches of each of {reads.frames} frames, "
                f"accepted are up to {most:,}."
            }
        )
