"""The same features read the same from every container."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from mtkd_engine.data.features import Features, array_hash, open_features
from mtkd_engine.data.features.base import rows_and_columns
from tests.real_data import FIR_ACTIONS

from .conftest import Arrays, Refusal

FORMS = ["npz", "npz_packed", "folder_npy", "folder_npz", "h5", "hdf5_groups", "h5_packed"]


def store(tmp_path: Path, form: str, arrays: Arrays) -> Path:
    if form.startswith("npz"):
        path = tmp_path / "features.npz"
        (np.savez_compressed if form == "npz_packed" else np.savez)(path, allow_pickle=False, **arrays)
        return path
    if form.startswith("folder"):
        folder = tmp_path / form
        folder.mkdir()
        for video, values in arrays.items():
            if form == "folder_npy":
                np.save(folder / f"{video}.npy", values)
            else:
                np.savez(folder / f"{video}.npz", features=values)
        return folder
    path = tmp_path / f"features.{form.partition('_')[0]}"
    with h5py.File(path, "w") as file:
        for video, values in arrays.items():
            name = f"{video}/c3d_features" if form == "hdf5_groups" else video
            packed = {"compression": "gzip", "shuffle": True, "fletcher32": True, "chunks": (2, 3)}
            file.create_dataset(name, data=values, **(packed if form == "h5_packed" else {}))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_container_gives_the_same_values(tmp_path: Path, arrays: Arrays, form: str) -> None:
    features = open_features(store(tmp_path, form, arrays))
    assert sorted(features.keys()) == sorted(arrays)
    assert features.width == 4
    for video, values in arrays.items():
        assert features.length(video) == len(values)
        assert np.array_equal(features.load(video), values)
        assert array_hash(features, video) == array_hash(features, video)


@pytest.mark.parametrize("form", FORMS)
def test_every_container_survives_pickling(tmp_path: Path, arrays: Arrays, form: str) -> None:
    features: Features = pickle.loads(pickle.dumps(open_features(store(tmp_path, form, arrays))))
    assert np.array_equal(features.load("v1"), arrays["v1"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_floats_of_16_32_and_64_bits_come_as_float32(
    tmp_path: Path, arrays: Arrays, form: str, dtype: str
) -> None:
    kept = {video: values.astype(dtype) for video, values in arrays.items()}
    features = open_features(store(tmp_path, form, kept))
    assert features.dtype("v0") == np.dtype(dtype)
    assert features.load("v0").dtype == np.float32
    assert np.array_equal(features.load("v0"), kept["v0"].astype(np.float32))


@pytest.mark.parametrize("form", FORMS)
def test_a_video_that_is_not_there_is_named(tmp_path: Path, arrays: Arrays, form: str) -> None:
    features = open_features(store(tmp_path, form, arrays))
    with pytest.raises(ValueError, match="'other'"):
        features.load("other")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_with_file_video_and_row(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, form: str, value: float
) -> None:
    arrays["v1"][2, 3] = value
    path = store(tmp_path, form, arrays)
    refusal(path, "v1.np" if form.startswith("folder") else path.name, "'v1'", "row 2, column 3", str(value))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 4), np.int32),
        np.zeros((3, 4), bool),
        np.zeros((3, 4), np.complex64),
        np.zeros((3, 4), "S3"),
        np.zeros((3, 4), np.longdouble),
    ],
    ids=lambda values: str(values.dtype),
)
def test_other_types_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, form: str, values: np.ndarray
) -> None:
    refusal(store(tmp_path, form, arrays | {"v1": values}), "'v1'", "floating-point")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(1, 3, 4), (3, 1, 1, 4), (1, 1, 4), (3, 4, 1, 1)])
def test_dimensions_of_length_one_are_dropped(
    tmp_path: Path, arrays: Arrays, form: str, shape: tuple[int, ...]
) -> None:
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    if form == "h5_packed":
        form = "h5"
    features = open_features(store(tmp_path, form, arrays | {"v1": values}))
    assert np.array_equal(features.load("v1"), values.reshape(-1, 4))


@pytest.mark.parametrize("shape", [(), (4,), (0, 4), (2, 3, 4), (1, 4, 1), (1, 1, 1), (1, 0, 4)])
def test_other_shapes_are_refused_with_the_shape(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, shape: tuple[int, ...]
) -> None:
    assert rows_and_columns(shape) is None
    for form in ("npz", "folder_npy", "h5"):
        place = tmp_path / form
        place.mkdir()
        refusal(store(place, form, arrays | {"v1": np.zeros(shape, np.float32)}), "'v1'", str(shape))


@pytest.mark.parametrize("form", ["npz", "folder_npy", "h5"])
def test_one_other_width_in_a_thousand_is_refused_with_its_file_and_both_widths(
    tmp_path: Path, refusal: Refusal, form: str
) -> None:
    many = {f"v{index:04d}": np.zeros((2, 4), np.float32) for index in range(1000)}
    path = store(tmp_path, form, many | {"v0777": np.zeros((2, 5), np.float32)})
    refusal(path, "v0777.npy" if form == "folder_npy" else path.name, "'v0777'", "width 5", "4")


def test_files_of_another_kind_are_refused_by_name(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "features.pt").write_bytes(b"x")
    refusal(tmp_path / "features.pt", "features.pt", ".npz", ".hdf5")


def test_the_features_of_real_videos_read_the_same_from_a_folder(tmp_path: Path) -> None:
    path = FIR_ACTIONS / "features_vww96_5fps.npz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    features = open_features(path)
    videos = features.keys()
    assert (len(videos), features.width) == (21, 512)
    for video in videos:
        np.save(tmp_path / f"{video}.npy", features.load(video).astype(features.dtype(video)))
    folder = open_features(tmp_path)
    assert all(array_hash(folder, video) == array_hash(features, video) for video in videos)
