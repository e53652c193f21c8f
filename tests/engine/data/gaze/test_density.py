"""Fixations become the densities that named protocols of the field say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mtkd_engine.data.gaze.density import PROTOCOLS, density, fixated

POINTS = np.array([[10.5, 20.5], [60.2, 30.9], [99.9, 0.0], [60.2, 30.9]])


def literal_hollywood2(fixated_HW: NDArray[np.bool_], *, sigma: float, reach: int) -> NDArray[np.float64]:
    """imfilter(fixated, fspecial('gaussian', ...), 'replicate'), pixel by pixel."""
    padded = np.pad(fixated_HW.astype(float), reach, mode="edge")
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * sigma**2))
    height, width = fixated_HW.shape
    found = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            part = padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
            found[row, column] = (part * kernel).sum()
    return found / found.sum()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_density_sums_to_one_and_is_highest_where_most_looked(protocol: str) -> None:
    found = density(POINTS, (80, 120), height=40, width=60, protocol=protocol)
    assert found.shape == (40, 60)
    assert found.dtype == np.float32
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert found.min() >= 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nobody_looking_makes_zeros(protocol: str) -> None:
    assert not density(np.zeros((0, 2)), (80, 120), height=8, width=12, protocol=protocol).any()


def test_the_width_of_dhf1k_at_half_its_height_is_30_pixels_of_a_frame_of_640() -> None:
    found = density(np.array([[320.5, 180.5]]), (360, 640), height=360, width=640, protocol="dhf1k")
    row = found[180] / found.max()
    assert row[320] == 1
    assert row[320 + 15] == pytest.approx(0.5, abs=1e-3)
    assert row[320 - 15] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("protocol", "sigma"), [("dhf1k", 12.7398 * 320 / 640), ("mit", 35 * 320 / 1024)])
def test_sigmas_go_with_the_frame_and_densities_are_sums_of_gaussians(protocol: str, sigma: float) -> None:
    points = np.array([[100.0, 50.0], [300.0, 110.0]])
    found = density(points, (180, 320), height=180, width=320, protocol=protocol)
    rows, columns = np.mgrid[:180, :320] + 0.5
    literal = sum(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)) for x, y in points)
    np.testing.assert_allclose(found, literal / literal.sum(), atol=1e-8)


@pytest.mark.parametrize("protocol", ["dhf1k", "mit"])
def test_a_grid_of_half_the_size_holds_the_same_density(protocol: str) -> None:
    points = np.array([[100.0, 50.0], [230.0, 110.0]])
    full = density(points, (180, 320), height=180, width=320, protocol=protocol)
    half = density(points, (180, 320), height=90, width=160, protocol=protocol)
    np.testing.assert_allclose(half, full.reshape(90, 2, 160, 2).sum((1, 3)), atol=2e-2 * half.max())


def test_hollywood2_is_the_filter_of_matlab_with_edges_that_go_on() -> None:
    points = np.array([[0.5, 0.5], [30.2, 10.9], [30.9, 10.1], [39.9, 23.9]])  # two in one pixel count once
    found = density(points, (24, 40), height=24, width=40, protocol="hollywood2")
    literal = literal_hollywood2(fixated(points, (24, 40), height=24, width=40), sigma=20, reach=75)
    np.testing.assert_allclose(found, literal, rtol=1e-4)


def test_fixated_pixels_are_those_of_the_grid_that_somebody_looked_at() -> None:
    found = fixated(POINTS, (80, 120), height=40, width=60)
    assert found.sum() == 3
    assert found[10, 5]
    assert found[15, 30]
    assert found[0, 49]
    corner = fixated(np.array([[120.0, 80.0]]), (80, 120), height=40, width=60)
    assert corner[39, 59]  # the outermost edge belongs to the last pixel
