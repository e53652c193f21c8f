"""Strips show the course of features, whatever their length and width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.features import FeatureStore
from mtkd_engine.data.sealing.strips import strip, write_strips
from tests.real_data import FIR_ACTIONS


def write(tmp_path: Path, **arrays: np.ndarray) -> np.ndarray:
    np.savez(tmp_path / "f.npz", allow_pickle=False, **arrays)
    features = FeatureStore(tmp_path / "f.npz")
    write_strips(features, tmp_path / "strips.npy", videos=features.keys())
    strips: np.ndarray = np.load(tmp_path / "strips.npy", allow_pickle=False)
    assert strips.shape == (len(arrays), 16, 96)
    assert strips.dtype == np.uint8
    return strips


@pytest.mark.parametrize("length", [1, 2, 95, 96, 97, 1000])
@pytest.mark.parametrize("width", [1, 15, 16, 17, 100])
def test_any_length_and_width_gives_sixteen_rows_of_ninety_six(length: int, width: int) -> None:
    values = np.arange(length, dtype=np.float32)[:, None] + np.zeros(width, np.float32)
    picture = strip(values)
    assert picture.shape == (16, 96)
    assert (np.diff(picture, axis=1) >= 0).all()
    assert picture.min() >= 0
    assert picture.max() <= length - 1


def test_each_cell_is_the_mean_of_its_columns_and_rows() -> None:
    values = np.random.default_rng(0).normal(size=(192, 32)).astype(np.float32)
    expected = values.reshape(96, 2, 16, 2).astype(np.float64).mean((1, 3)).T
    assert np.allclose(strip(values), expected)


def test_later_is_further_right_and_one_scale_serves_all_videos(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 200, dtype=np.float32)[:, None] * np.ones(32, np.float32)
    low, high = write(tmp_path, low=ramp, high=ramp + 1)
    assert low[0, 0] == 0
    assert high[0, -1] == 255
    assert (high.astype(int) > low).all()


def test_one_outlier_does_not_darken_the_rest(tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(size=(960, 32)).astype(np.float32)
    values[5] = 1e30
    strips = write(tmp_path, v=values)
    assert strips[0, :, 1:].std() > 30


def test_constant_features_are_black_and_the_bytes_repeat(tmp_path: Path) -> None:
    assert not write(tmp_path, v=np.full((50, 32), 7, np.float32)).any()
    before = (tmp_path / "strips.npy").read_bytes()
    write(tmp_path, v=np.full((50, 32), 7, np.float32))
    assert (tmp_path / "strips.npy").read_bytes() == before


def test_the_largest_numbers_do_no_harm(tmp_path: Path) -> None:
    values = np.array([[-3e38], [3e38]], np.float32) * np.ones(32, np.float32)
    assert write(tmp_path, v=values).max() == 255


def test_real_features_use_the_whole_scale(tmp_path: Path) -> None:
    path = FIR_ACTIONS / "features_vww96_5fps.npz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    features = FeatureStore(path)
    write_strips(features, tmp_path / "strips.npy", videos=features.keys())
    strips = np.load(tmp_path / "strips.npy", allow_pickle=False)
    assert strips.shape == (21, 16, 96)
    assert (strips.std((0, 2)) > 20).all()
