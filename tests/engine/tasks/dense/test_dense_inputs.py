"""What networks read of the pictures that all share: each its own size and normalisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtkd_engine.nets.dense.base import resized
from mtkd_engine.spec.dense.inputs import FilmInput, PictureInput
from mtkd_engine.tasks.dense.inputs import to_dense_input


def test_pictures_are_resized_as_wholes_and_normalised() -> None:
    shared = torch.randint(0, 256, (2, 3, 20, 28), dtype=torch.uint8)
    reads = PictureInput(height=20, width=28, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    read = to_dense_input(shared, reads)
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (reads.mean, reads.std))
    torch.testing.assert_close(read, (shared / 255 - mean) / std)
    other = to_dense_input(shared, PictureInput(height=32, width=16))
    assert (other.shape, other.dtype) == ((2, 3, 32, 16), torch.float32)


def test_frames_of_videos_are_read_one_by_one() -> None:
    shared = torch.randint(0, 256, (2, 5, 3, 16, 24), dtype=torch.uint8)
    film, picture = FilmInput(frames=5, height=8, width=12), PictureInput(height=8, width=12)
    read = to_dense_input(shared, film)
    assert read.shape == (2, 5, 3, 8, 12)
    torch.testing.assert_close(read[1], to_dense_input(shared[1], picture))
    torch.testing.assert_close(to_dense_input(shared, picture), read)


def test_shrinking_smooths_so_that_fine_stripes_become_grey() -> None:
    stripes = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    stripes[..., ::2] = 255
    read = to_dense_input(stripes, PictureInput(height=16, width=16, mean=(0, 0, 0), std=(1, 1, 1)))
    assert read[..., 1:-1].sub(0.5).abs().max() < 0.05


@pytest.mark.parametrize("size", [(5, 7), (24, 30)])
def test_maps_are_resized_by_the_middles_of_pixels(size: tuple[int, int]) -> None:
    ramp = torch.arange(12, dtype=torch.float32).expand(1, 1, 10, 12)
    wide = resized(ramp, *size)[0, 0, 0]
    middles = (np.arange(size[1]) + 0.5) * 12 / size[1] - 0.5
    torch.testing.assert_close(wide, torch.from_numpy(middles.clip(0, 11)).float())
    assert resized(ramp, 10, 12) is ramp
