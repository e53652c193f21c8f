"""Feature files that claim what they do not hold, or hold what nobody can use."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tests.security.hostile.base import HUGE, VIDEOS, Case, Runs, cut, features, video, world


def _with_features(write: Callable[[Path], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        root = world(folder)
        (root / "features.npz").unlink()
        write(root)
        return root

    return make


def _claiming_npz(root: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (HUGE // 16, 4)}
    )
    with zipfile.ZipFile(root / "features.npz", "w") as archive:
        for name in VIDEOS:
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(64))


def _sparse_npy(root: Path) -> None:
    """Every file is as long as its header says, without taking that much disk."""
    (root / "features").mkdir()
    for name, array in features().items():
        np.save(root / "features" / f"{name}.npy", array)
    with (root / "features" / "v0.npy").open("wb") as file:
        shape = (HUGE // 16, 4)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + HUGE)


def _claiming_hdf5(root: Path) -> None:
    with h5py.File(root / "features.h5", "w") as file:
        for name in VIDEOS:
            file.create_dataset(name, shape=(HUGE // 16, 4), dtype="f4", chunks=(1024, 4))


def _thousand(folder: Path, write: Callable[[Path, dict[str, np.ndarray]], object]) -> Path:
    names = [f"v{number}" for number in range(1000)]
    root = folder / "data"
    root.mkdir()
    (root / "train.json").write_text(json.dumps({name: video() for name in names}))
    arrays = features(names)
    arrays["v617"] = np.zeros((6, 5), np.float32)
    write(root, arrays)
    return root


def _write_folder(root: Path, arrays: dict[str, np.ndarray]) -> None:
    (root / "features").mkdir()
    for name, array in arrays.items():
        np.save(root / "features" / f"{name}.npy", array)


def _write_npz(root: Path, arrays: dict[str, np.ndarray]) -> None:
    np.savez(root / "features.npz", **arrays)  # type: ignore[arg-type]


def _write_hdf5(root: Path, arrays: dict[str, np.ndarray]) -> None:
    with h5py.File(root / "features.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array


def _nan_features(value: float) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        arrays = features()
        arrays["v3"][2, 1] = value
        _write_npz(root, arrays)

    return write


def _object_features(root: Path) -> None:
    np.savez(root / "features.npz", **{name: np.array([Runs()], dtype=object) for name in VIDEOS})  # type: ignore[arg-type]


CASES = (
    Case("pickle", "objects in npz", "dataset", _with_features(_object_features), "pickled objects"),
    Case("lying header", "npy in npz", "dataset", _with_features(_claiming_npz), "v0"),
    Case("100 GB claimed", "hdf5 without data", "dataset", _with_features(_claiming_hdf5), "v0"),
    Case("100 GB claimed", "sparse npy", "dataset", _with_features(_sparse_npy), "v0"),
    Case("not finite", "NaN feature", "dataset", _with_features(_nan_features(float("nan"))), "v3"),
    Case("not finite", "infinite feature", "dataset", _with_features(_nan_features(float("-inf"))), "v3"),
    Case("truncated", "npz", "dataset", cut("features.npz", world), "features.npz"),
    Case(
        "wrong width in one of 1,000",
        "folder of npy",
        "dataset",
        lambda folder: _thousand(folder, _write_folder),
        "v617",
    ),
    Case(
        "wrong width in one of 1,000", "npz", "dataset", lambda folder: _thousand(folder, _write_npz), "v617"
    ),
    Case(
        "wrong width in one of 1,000",
        "hdf5",
        "dataset",
        lambda folder: _thousand(folder, _write_hdf5),
        "v617",
    ),
)
