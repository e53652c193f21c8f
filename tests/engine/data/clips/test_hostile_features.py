"""Arrays of strangers are refused before they take memory, run code or pass for what they are not."""

from __future__ import annotations

import pickle
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mtkd_engine.data.clips import unpacked
from mtkd_engine.data.errors import DataError
from tests.engine.data.clips.arrays import Arrays, handed, saved, values


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": np.arange(23)}, "labels has 23 entries where there are features of 24 clips"),
        ({"labels": np.eye(24)}, "the array 'labels' is float64 of shape"),
        ({"labels": np.ones(24, bool)}, "labels are of type bool"),
        ({"labels": np.array([None] * 24)}, "holds pickled objects, which can run code"),
        ({"features": np.array([[[None]]])}, "holds pickled objects, which can run code"),
        ({"features": np.ones((24, 3, 4), np.int8)}, "is of type int8; floating-point numbers"),
        ({"features": np.ones((24, 3, 4), np.longdouble)}, "is of type float128"),
        ({"features": np.ones(24)}, r"has the shape \[24\]; accepted is"),
        ({"features": np.ones((24, 2, 3, 4))}, r"has the shape \[24, 2, 3, 4\]"),
        ({"features": np.ones((24, 0, 4))}, r"has the shape \[24, 0, 4\]"),
        ({"lengths": np.zeros(24, int)}, "lengths are no whole numbers from 1 to 3"),
        ({"is_train": np.arange(24)}, "is_train is of type int64; accepted is split"),
        ({"video": np.array(["x" * 301] * 24)}, "the array 'video' is <U301"),
        ({"classes": np.array([["a"]])}, "the array 'classes' is"),
        ({"classes": np.array(["a", "a"])}, "the class 'a' appears twice"),
        ({"video": np.array([b"\xff"] * 24)}, "is not UTF-8"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, changes: Arrays, said: str) -> None:
    with pytest.raises(DataError, match=rf"^f\.npz: .*{said}"):
        handed(saved(tmp_path / "f.npz", **changes))


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this code was run",)


def stated(shape: tuple[int, ...], content: bytes = b"") -> bytes:
    """This will give a .npy that states a shape of float32 and holds something else."""
    target = BytesIO()
    np.lib.format.write_array_header_1_0(target, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return target.getvalue() + content


def zipped(path: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(array: NDArray[Any]) -> bytes:
    target = BytesIO()
    np.save(target, array)
    return target.getvalue()


LABELS = {"labels.npy": npy(np.arange(2))}


def test_pickles_are_never_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = zipped(tmp_path / "f.npz", {"features.npy": pickle.dumps(Evil()), **LABELS})
    with pytest.raises(DataError, match=r"cannot be read as a \.npy array"):
        handed(path)
    with pytest.raises(DataError, match="pickled objects"):
        handed(saved(tmp_path / "g.npz", video=np.array([Evil()] * 24, dtype=object)))
    assert "was run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (stated((2, 3, 4)), "the stored data have another size"),
        (stated((2, 3, 4), bytes(200_000)), "the stored data have another size"),
        (stated((1_000_000, 65_536, 65_536)), "the stored data have another size"),
        (b"", "cannot be read as a .npy array"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path: Path, features: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        handed(zipped(tmp_path / "f.npz", {"features.npy": features, **LABELS}))


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "f.npz", {"features.npy": npy(np.zeros((2, 1000, 100), "f4")), **LABELS})
    monkeypatch.setattr(unpacked, "LARGEST_FEATURES", 100_000)
    with pytest.raises(DataError, match=r"takes 800,000 bytes; up to 100,000 are accepted"):
        handed(path)
    slow = zipped(tmp_path / "g.npz", {"features.npy": npy(values()), **LABELS}, method=zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="its compression is none that numpy writes"):
        handed(slow)
    many = zipped(
        tmp_path / "h.npz", {"features.npy": npy(values()), **LABELS} | {f"{n}.npy": b"" for n in range(300)}
    )
    with pytest.raises(DataError, match=r"h\.npz holds 302 arrays; up to 256 are accepted"):
        handed(many)
    monkeypatch.setattr(unpacked, "_LARGEST_DIRECTORY", 1000)
    with pytest.raises(
        DataError, match=r"h\.npz has a directory of 1\d,\d{3} bytes; up to 1,000 are accepted"
    ):
        handed(many)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "f.npz")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"f\.npz is not a readable \.npz file"):
        handed(path)
    path = saved(tmp_path / "g.npz", packed=True)
    content = bytearray(path.read_bytes())
    content[200:300] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"g\.npz: the array 'features' cannot be read"):
        handed(path)
