"""How places that people looked at become a density, as named protocols of the field say.

dhf1k       a Gaussian of 30 pixels full width at half maximum (sigma 12.74) around every fixation, at a frame 640 wide
            (`make_gauss_masks.m` of DHF1K); what leaves the frame is lost
hollywood2  the pixels that were fixated, each once, under a Gaussian of sigma 20 pixels of the frame as it is, cut off
            at 150 x 150 pixels, as if the outermost pixels went on beyond the frame
            (`imfilter(fixated, fspecial('gaussian', 150, 20), 'replicate')`; Hollywood-2, UCF-Sports)
mit         a Gaussian of sigma 35 pixels around every fixation, at a frame whose longer side is 1024: about a degree of
            what viewers saw, as in the MIT benchmark

The sigmas of dhf1k and mit grow and shrink with the frame, and all do with the grid that a density is asked for. None
of the metrics depends on the scale of a density; ours sum to 1.

Shape suffixes: K fixations, H and W pixels of the grid.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DHF1K_SIGMA, _DHF1K_WIDTH = 30 / (8 * np.log(2)) ** 0.5, 640
_HOLLYWOOD2_SIGMA, _HOLLYWOOD2_REACH = 20.0, 75.0
_MIT_SIGMA, _MIT_SIDE = 35.0, 1024

PROTOCOLS = ("dhf1k", "hollywood2", "mit")


def density(
    fixations_K2: NDArray[np.floating], frame: tuple[int, int], *, height: int, width: int, protocol: str
) -> NDArray[np.float32]:
    """This will give the density of fixations on a grid, (height, width), which sums to 1; zeros without fixations.

    `fixations_K2` are x and y in pixels of the whole frame, whose height and width are `frame`: the first pixel is
    from 0 to 1. Each counts once, of hollywood2 each pixel of the grid that has some.
    """
    assert protocol in PROTOCOLS, protocol
    down, across = height / frame[0], width / frame[1]
    rows_K, columns_K = fixations_K2[:, 1] * down, fixations_K2[:, 0] * across
    if protocol == "hollywood2":
        cells = np.unique(_cells(rows_K, height) * width + _cells(columns_K, width))
        high_KH = _over_edges(height, down)[cells // width]
        wide_KW = _over_edges(width, across)[cells % width]
    else:
        sigma = _sigma(protocol, frame)
        high_KH, wide_KW = _gauss(rows_K, height, sigma * down), _gauss(columns_K, width, sigma * across)
    found_HW = high_KH.T @ wide_KW
    total = found_HW.sum()
    made_HW: NDArray[np.float32] = (found_HW / total if total > 0 else found_HW * 0).astype(np.float32)
    return made_HW


def fixated(
    fixations_K2: NDArray[np.floating], frame: tuple[int, int], *, height: int, width: int
) -> NDArray[np.bool_]:
    """This will tell of each pixel of a grid whether somebody looked there, (height, width)."""
    found_HW = np.zeros((height, width), np.bool_)
    rows_K = _cells(fixations_K2[:, 1] * (height / frame[0]), height)
    found_HW[rows_K, _cells(fixations_K2[:, 0] * (width / frame[1]), width)] = True
    return found_HW


def _sigma(protocol: str, frame: tuple[int, int]) -> float:
    if protocol == "dhf1k":
        return float(_DHF1K_SIGMA * frame[1] / _DHF1K_WIDTH)
    return _MIT_SIGMA * max(frame) / _MIT_SIDE


def _cells(places_K: NDArray[np.floating], side: int) -> NDArray[np.int64]:
    cells_K: NDArray[np.int64] = np.clip(np.floor(places_K), 0, side - 1).astype(np.int64)
    return cells_K


def _gauss(places_K: NDArray[np.floating], side: int, sigma: float) -> Floats:
    """The Gaussian around each place at the middles of pixels, (K, side)."""
    far_KS = np.arange(side) + 0.5 - places_K.astype(np.float64)[:, None]
    return np.exp(-(far_KS**2) / (2 * sigma**2))


@lru_cache(maxsize=16)
def _over_edges(side: int, scale: float) -> Floats:
    """What each pixel adds to every other where the outermost ones go on beyond the edges, (side, side)."""
    sigma, reach = _HOLLYWOOD2_SIGMA * scale, _HOLLYWOOD2_REACH * scale
    beyond = int(np.ceil(reach))
    source_P = np.arange(-beyond, side + beyond)
    far_SP = np.arange(side)[:, None] - source_P
    kernel_SP = np.exp(-(far_SP**2) / (2 * sigma**2)) * (np.abs(far_SP) <= reach)
    of_SS = np.zeros((side, side))
    np.add.at(of_SS, np.clip(source_P, 0, side - 1), kernel_SP.T)
    return of_SS
