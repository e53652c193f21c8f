"""How each view of an image is made: mirrored, cropped, changed by RandAugment, mixed with another.

All choices are drawn on the host; on the device only whole numbers are computed with, so a view has the same bits on
every machine, device and in every batch.

Shape suffixes: B views, H and W pixels, S operations of RandAugment, M whatever is packed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.spec.classification.views import AugmentSpec
from mtkd_engine.tasks.classification.draws import Hashes, Whole, below, beta
from mtkd_engine.tasks.classification.randaugment import KINDS, changed

SHARES = 2**16
"""Shares of mixup are whole multiples of one by this."""


@dataclass(frozen=True)
class Choices:
    """What is done to each image of a batch, drawn on the host."""

    packed_MB: Whole
    """Flip, down, right; then for each operation the batch in the order of kinds, the way back, and signs in it."""
    counts: tuple[tuple[int, ...], ...]
    """For each operation of RandAugment, how many images of the batch get each kind."""

    @classmethod
    def of(cls, keys_B: Hashes, view: int, spec: AugmentSpec) -> Choices:
        """This will draw the choices for a view of these samples."""
        shifts = 2 * spec.crop_padding + 1
        rows = [
            below(2, keys_B, view, "flip") if spec.flip else np.zeros(len(keys_B), np.int64),
            below(shifts, keys_B, view, "down"),
            below(shifts, keys_B, view, "right"),
        ]
        counts: list[tuple[int, ...]] = []
        for place in range(spec.randaugment):
            kind_B = below(len(KINDS), keys_B, view, f"kind {place}")
            order_B = np.argsort(kind_B, kind="stable")
            sign_B = 2 * below(2, keys_B, view, f"sign {place}") - 1
            rows += [order_B, np.argsort(order_B), sign_B[order_B]]
            counts.append(tuple(np.bincount(kind_B, minlength=len(KINDS)).tolist()))
        return cls(np.stack(rows), tuple(counts))


def varied(images_BHWC: Tensor, packed_MB: Tensor, choices: Choices, spec: AugmentSpec) -> Tensor:
    """This will make the views of these images, uint8; `packed_MB` is that of the choices on the images' device."""
    flip_B, down_B, right_B = packed_MB[:3]
    if spec.flip or spec.crop_padding:
        images_BHWC = shifted(images_BHWC, flip_B, down_B, right_B, padding=spec.crop_padding)
    for place, counts in enumerate(choices.counts):
        order_B, back_B, sign_B = packed_MB[3 + 3 * place : 6 + 3 * place]
        images_BHWC = changed(images_BHWC, order_B, back_B, sign_B, counts=counts, magnitude=spec.magnitude)
    return images_BHWC


def shifted(images_BHWC: Tensor, flip_B: Tensor, down_B: Tensor, right_B: Tensor, *, padding: int) -> Tensor:
    """This will cut out of black-padded images a part of the old size, `down` and `right` of its corner, mirrored."""
    count, height, width, channels = images_BHWC.shape
    device = images_BHWC.device
    padded_BHWC = functional.pad(images_BHWC, (0, 0, padding, padding, padding, padding))
    rows, columns = padded_BHWC.shape[1:3]
    # Whole rows first, then places within them: six times as fast on a CPU as one index of both.
    row_BH = (torch.arange(count, device=device) * rows + down_B).unsqueeze(1)
    row_BH = row_BH + torch.arange(height, device=device)
    strips_BHN = padded_BHWC.view(count * rows, columns * channels).index_select(0, row_BH.flatten())
    column_W = torch.arange(width, device=device)
    column_BW = torch.where(flip_B.unsqueeze(1) == 1, width - 1 - column_W, column_W) + right_B.unsqueeze(1)
    place_BWC = column_BW.unsqueeze(2) * channels + torch.arange(channels, device=device)
    place_BHN = place_BWC.view(count, 1, -1).expand(-1, height, -1)
    return strips_BHN.view(count, height, -1).gather(2, place_BHN).view_as(images_BHWC)


def partners(keys_B: Hashes, rows_B: Whole, view: int, *, samples: int) -> Whole:
    """This will draw for each row of a split another one, evenly; itself where it is alone."""
    away_B = below(max(samples - 1, 1), keys_B, view, "partner") + 1
    return (rows_B + away_B) % samples


def shares(keys_B: Hashes, view: int, *, shape: float) -> Whole:
    """This will draw the share that a sample keeps of its mixture, in SHARES of 1; `shape` is that of mixup."""
    return np.rint(beta(shape, keys_B, view, "share") * SHARES).astype(np.int64)


def mixed(own_BHWC: Tensor, other_BHWC: Tensor, share_B: Tensor) -> Tensor:
    """This will mix images by shares in SHARES, exactly: float32 of 0 to 255."""
    share_B111 = share_B.to(torch.int32).view(-1, 1, 1, 1)
    sum_BHWC = own_BHWC * share_B111 + other_BHWC * (SHARES - share_B111)
    return sum_BHWC.to(torch.float32) / SHARES  # below 2^24, which float32 holds exactly
