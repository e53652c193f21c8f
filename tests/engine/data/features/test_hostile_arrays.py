"""Arrays that lie about themselves are refused before they take memory."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from .conftest import Arrays, Refusal

MAGIC = b"\x93NUMPY"


def npy(shape: str, *, data: bytes = b"", descr: str = "<f4") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return MAGIC + b"\x01\x00" + struct.pack("<H", len(header)) + header + data


def write_npz(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("shape", ["(9, 4)", "(1000000000000, 4)", "(-1, 4)", "('a', 4)", "(2.5, 4)", "7"])
def test_a_stated_shape_that_the_bytes_do_not_bear_out_is_refused(
    tmp_path: Path, refusal: Refusal, shape: str
) -> None:
    refusal(write_npz(tmp_path / "f.npz", {"v.npy": npy(shape, data=bytes(32))}), "f.npz", "'v'")
    (tmp_path / "w.npy").write_bytes(npy(shape, data=bytes(32)))
    (tmp_path / "f.npz").unlink()
    refusal(tmp_path, "w.npy", "'w'")


def test_more_bytes_than_stated_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    refusal(write_npz(tmp_path / "f.npz", {"v.npy": npy("(2, 4)", data=bytes(33))}), "(2, 4)")


def test_a_header_of_four_gigabytes_takes_no_memory(tmp_path: Path, refusal: Refusal) -> None:
    bomb = MAGIC + b"\x02\x00" + struct.pack("<I", 2**32 - 1) + bytes(50_000_000)
    path = write_npz(tmp_path / "f.npz", {"v.npy": bomb})
    del bomb
    tracemalloc.start()
    refusal(path, "'v'")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_video_beyond_a_gigabyte_is_refused_unread(tmp_path: Path, refusal: Refusal) -> None:
    path = tmp_path / "v.npy"
    path.write_bytes(npy("(300000, 1024)"))
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size + 300_000 * 1024 * 4)  # a hole: no space is taken
    refusal(tmp_path, "v.npy", "1228800000 bytes")


def test_pickles_are_refused_unread(tmp_path: Path, refusal: Refusal) -> None:
    np.save(tmp_path / "v.npy", np.array([[print]], dtype=object), allow_pickle=True)
    refusal(tmp_path, "v.npy", "pickled")


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04K\x01.", b"hello" * 100, MAGIC, MAGIC + b"\x09\x00" + bytes(99)]
)
def test_files_that_are_no_arrays_are_refused(tmp_path: Path, refusal: Refusal, content: bytes) -> None:
    for name in ("v.npy", "v.npz"):
        folder = tmp_path / name[2:]
        folder.mkdir()
        (folder / name).write_bytes(content)
        refusal(folder, name, "'v'")


def test_a_cut_array_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    np.save(tmp_path / "v.npy", np.zeros((9, 4), np.float32))
    whole = (tmp_path / "v.npy").read_bytes()
    (tmp_path / "v.npy").write_bytes(whole[:-8])
    refusal(tmp_path, "v.npy", "cut short")


def test_compression_that_numpy_does_not_write_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    data = npy("(2, 4)", data=bytes(32))
    refusal(write_npz(tmp_path / "f.npz", {"v.npy": data}, zipfile.ZIP_LZMA), "'v'", "compression")


def test_an_npz_of_one_video_with_two_arrays_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    np.savez(tmp_path / "v.npz", a=np.zeros((2, 4)), b=np.zeros((2, 4)))
    refusal(tmp_path, "v.npz", "2 arrays")


def test_a_video_twice_in_a_folder_is_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    np.save(tmp_path / "v.npy", arrays["v0"])
    np.savez(tmp_path / "v.npz", arrays["v0"])
    refusal(tmp_path, "'v'", "twice", "v.npy", "v.npz")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    np.save(tmp_path / "outside.npy", arrays["v0"])
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / "v.npy").symlink_to(tmp_path / "outside.npy")
    refusal(folder, "'v.npy'", "out of the folder")


def test_other_and_hidden_files_of_a_folder_are_passed_over(
    tmp_path: Path, arrays: Arrays, refusal: Refusal
) -> None:
    (tmp_path / "README.txt").write_text("features")
    (tmp_path / "._v.npy").write_bytes(b"Mac OS X")
    refusal(tmp_path, "no arrays")
