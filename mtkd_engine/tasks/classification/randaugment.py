"""RandAugment (Cubuk et al. 2020, arXiv 1909.13719) in whole numbers, many images at once.

Fourteen operations with Pillow's meaning. Strength grows evenly with the magnitude, of 30 at most: 30 degrees, a
shear of 0.3, a shift by 0.45 of the size, factors of 1 +- 0.9, four bits less, all values inverted. Departures: places
are taken from the nearest pixel, outside of the image it is grey (128); results are rounded, where Pillow cuts some.

Shape suffixes: B images, H and W pixels, C channels (3, RGB), M images of one kind, V values (256), N all values.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mtkd_engine.tasks.classification.warps import warped

HARDEST = 30
_ONE = 2**16
_LUMA = (19595, 38470, 7471)


def changed(
    images_BHWC: Tensor,
    order_B: Tensor,
    back_B: Tensor,
    sign_B: Tensor,
    *,
    counts: tuple[int, ...],
    magnitude: int,
) -> Tensor:
    """This will change each image by one operation, uint8.

    `order_B` lists the images by kind, `back_B` their places in that list, `sign_B` a sign (1 or -1) for each in its
    order, and `counts` says how many there are of each of KINDS.
    """
    sorted_BHWC, sizes = images_BHWC.index_select(0, order_B), list(counts)
    changed_MHWC = [
        part_MHWC
        if operation is None or not len(part_MHWC)
        else operation(part_MHWC, sign_M, magnitude / HARDEST)
        for operation, part_MHWC, sign_M in zip(
            KINDS, torch.split(sorted_BHWC, sizes), torch.split(sign_B, sizes), strict=True
        )
    ]
    return torch.cat(changed_MHWC).index_select(0, back_B)


def autocontrast(images_MHWC: Tensor, _sign_M: Tensor, _strength: float) -> Tensor:
    """This will stretch each channel to 0..255."""
    low_MC, high_MC = images_MHWC.amin((1, 2)).int(), images_MHWC.amax((1, 2)).int()
    value_V = torch.arange(256, dtype=torch.int32, device=images_MHWC.device)
    range_MC1 = (high_MC - low_MC).unsqueeze(2)
    table_MCV = ((value_V - low_MC.unsqueeze(2)) * 255) // range_MC1.clamp(min=1)
    return _looked_up(images_MHWC, torch.where(range_MC1 > 0, table_MCV, value_V))


def equalize(images_MHWC: Tensor, _sign_M: Tensor, _strength: float) -> Tensor:
    """This will spread the values of each channel evenly over 0..255."""
    count, channels = len(images_MHWC), images_MHWC.shape[3]
    value_V = torch.arange(256, dtype=torch.int64, device=images_MHWC.device)
    own_MC = torch.arange(count * channels, device=images_MHWC.device).view(count, 1, 1, channels)
    bin_N = (images_MHWC.to(torch.int64) + 256 * own_MC).flatten()
    # On one axis, as only there adding up is repeatable on a CUDA device.
    count_N = torch.zeros(count * channels * 256, dtype=torch.int64, device=images_MHWC.device)
    count_MCV = count_N.scatter_add_(0, bin_N, torch.ones_like(bin_N)).view(count, channels, 256)
    last_MC1 = images_MHWC.amax((1, 2)).to(torch.int64).unsqueeze(2)
    step_MC1 = (count_MCV.sum(2, keepdim=True) - count_MCV.gather(2, last_MC1)) // 255
    before_MCV = count_MCV.cumsum(2) - count_MCV
    table_MCV = ((step_MC1 // 2 + before_MCV) // step_MC1.clamp(min=1)).clamp(max=255)
    return _looked_up(images_MHWC, torch.where(step_MC1 > 0, table_MCV, value_V))


def solarize(images_MHWC: Tensor, _sign_M: Tensor, strength: float) -> Tensor:
    """This will invert the values from a threshold on."""
    threshold = 256 - round(256 * strength)  # 256 is no byte: as one it would compare like 0
    return torch.where(images_MHWC.to(torch.int16) >= threshold, 255 - images_MHWC, images_MHWC)


def posterize(images_MHWC: Tensor, _sign_M: Tensor, strength: float) -> Tensor:
    """This will keep the upper bits, 8 to 4 of them."""
    return images_MHWC & (256 - (1 << round(4 * strength)))


def color(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will go towards or away from grey."""
    return _blended(_grey(images_MHWC).unsqueeze(3), images_MHWC, sign_M, strength)


def contrast(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will go towards or away from the mean of grey."""
    grey_MHW = _grey(images_MHWC)
    pixels = grey_MHW[0].numel()
    mean_M = (2 * grey_MHW.sum((1, 2), dtype=torch.int64) + pixels) // (2 * pixels)
    return _blended(mean_M.int().view(-1, 1, 1, 1), images_MHWC, sign_M, strength)


def brightness(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will go towards or away from black."""
    return _blended(torch.zeros_like(images_MHWC, dtype=torch.int32), images_MHWC, sign_M, strength)


def sharpness(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will go towards or away from a smoothed image; pixels of the rim stay."""
    value_MHWC = images_MHWC.int()
    smooth_MHWC = value_MHWC.clone()
    across = value_MHWC[:, :, :-2] + value_MHWC[:, :, 1:-1] + value_MHWC[:, :, 2:]
    around = across[:, :-2] + across[:, 1:-1] + across[:, 2:] + 4 * value_MHWC[:, 1:-1, 1:-1]
    smooth_MHWC[:, 1:-1, 1:-1] = (around + 6) // 13
    return _blended(smooth_MHWC, images_MHWC, sign_M, strength)


def rotate(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will turn about the middle by up to 30 degrees."""
    turn = math.radians(30.0 * strength)
    cosine, sine = math.cos(turn), math.sin(turn)
    return warped(images_MHWC, sign_M, matrix=(cosine, cosine), across=(sine, -sine))


def shear_x(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will lean over to the side by up to 0.3."""
    return warped(images_MHWC, sign_M, across=(0.3 * strength, 0.0))


def shear_y(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will lean up or down by up to 0.3."""
    return warped(images_MHWC, sign_M, across=(0.0, 0.3 * strength))


def translate_x(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will move sideways by up to 0.45 of the width."""
    return warped(images_MHWC, sign_M, shift=(round(0.45 * strength * images_MHWC.shape[2]), 0))


def translate_y(images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """This will move up or down by up to 0.45 of the height."""
    return warped(images_MHWC, sign_M, shift=(0, round(0.45 * strength * images_MHWC.shape[1])))


def _looked_up(images_MHWC: Tensor, table_MCV: Tensor) -> Tensor:
    count, height, width, channels = images_MHWC.shape
    places_MNC = images_MHWC.view(count, height * width, channels).to(torch.int64)
    found_MCN = table_MCV.to(torch.uint8).gather(2, places_MNC.transpose(1, 2))
    return found_MCN.transpose(1, 2).reshape(count, height, width, channels)


def _grey(images_MHWC: Tensor) -> Tensor:
    red, green, blue = (part_MHW.int() for part_MHW in images_MHWC.unbind(3))
    return (red * _LUMA[0] + green * _LUMA[1] + blue * _LUMA[2] + _ONE // 2) >> 16


def _blended(from_MHWC: Tensor, images_MHWC: Tensor, sign_M: Tensor, strength: float) -> Tensor:
    """From one image towards, or past, another, by a factor of 1 +- 0.9 at most."""
    factor_M = _ONE + sign_M.int() * round(0.9 * strength * _ONE)
    apart_MHWC = (images_MHWC.int() - from_MHWC) * factor_M.view(-1, 1, 1, 1)
    return (from_MHWC + ((apart_MHWC + _ONE // 2) >> 16)).clamp(0, 255).to(torch.uint8)


KINDS: tuple[Callable[[Tensor, Tensor, float], Tensor] | None, ...] = (
    None,
    autocontrast,
    equalize,
    rotate,
    solarize,
    color,
    posterize,
    contrast,
    brightness,
    sharpness,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
)
"""The operations, each drawn as often as any other; None leaves the image as it is."""
