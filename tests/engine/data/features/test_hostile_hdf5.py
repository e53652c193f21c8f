"""HDF5 that leads elsewhere, lies or is broken is refused with a sentence."""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from mtkd_engine.data.errors import DataError

from .conftest import Arrays, Refusal, load_all

SECRET = np.ones((3, 4), np.float32)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.h5"
    with h5py.File(path, "w") as file:
        file["secret"] = SECRET
    return path


def spoiled(tmp_path: Path, arrays: Arrays) -> h5py.File:
    file = h5py.File(tmp_path / "f.h5", "w")
    for video, values in arrays.items():
        file[video] = values
    return file


def test_external_links_are_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal, outside: Path) -> None:
    with spoiled(tmp_path, arrays) as file:
        file["x"] = h5py.ExternalLink(str(outside), "secret")
    refusal(tmp_path / "f.h5", "f.h5", "'x'", "link")


def test_external_links_inside_a_group_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, outside: Path
) -> None:
    with spoiled(tmp_path, arrays) as file:
        file["x/features"] = h5py.ExternalLink(str(outside), "secret")
    refusal(tmp_path / "f.h5", "'x'", "link")


@pytest.mark.parametrize("target", ["/v0", "/nowhere", "/away/secret"])
def test_soft_links_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, outside: Path, target: str
) -> None:
    with spoiled(tmp_path, arrays) as file:
        file["a"] = h5py.SoftLink(target)
        file["away"] = h5py.ExternalLink(str(outside), "/")
    refusal(tmp_path / "f.h5", "'a'", "link")


def test_virtual_datasets_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, outside: Path
) -> None:
    with spoiled(tmp_path, arrays) as file:
        layout = h5py.VirtualLayout(shape=(3, 4), dtype="f4")
        layout[:] = h5py.VirtualSource(str(outside), "secret", shape=(3, 4))
        file.create_virtual_dataset("x", layout)
    refusal(tmp_path / "f.h5", "'x'", "other files")


def test_external_storage_is_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    (tmp_path / "raw").write_bytes(bytes(48))
    with spoiled(tmp_path, arrays) as file:
        file.create_dataset("x", shape=(3, 4), dtype="f4", external=[(str(tmp_path / "raw"), 0, 48)])
    refusal(tmp_path / "f.h5", "'x'", "other files")


@pytest.mark.parametrize("inner", [[], ["a", "b"]])
def test_a_group_without_exactly_one_array_is_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, inner: list[str]
) -> None:
    with spoiled(tmp_path, arrays) as file:
        group = file.create_group("x")
        for name in inner:
            group[name] = SECRET
    refusal(tmp_path / "f.h5", "'x'", f"{len(inner)} entries")


def test_groups_in_groups_types_and_a_group_that_holds_itself_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal
) -> None:
    for place, spoil in enumerate((_nest, _name_a_type, _close_a_circle)):
        folder = tmp_path / str(place)
        folder.mkdir()
        with spoiled(folder, arrays) as file:
            spoil(file)
        refusal(folder / "f.h5", "'x'", "no array")


def _nest(file: h5py.File) -> None:
    file["x/y/z"] = SECRET


def _name_a_type(file: h5py.File) -> None:
    file["x"] = np.dtype("f4")


def _close_a_circle(file: h5py.File) -> None:
    file["x/y"] = file.create_group("x")


@pytest.mark.parametrize(
    "values",
    [h5py.Empty("f4"), np.array([[b"a", b"b"]], dtype="O"), np.zeros((2, 2), [("a", "f4")])],
    ids=["empty", "objects", "records"],
)
def test_what_is_no_array_of_numbers_is_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, values: Any
) -> None:
    kind = {"dtype": h5py.string_dtype()} if values.dtype.hasobject else {}
    with spoiled(tmp_path, arrays) as file:
        file.create_dataset("x", data=values, **kind)
    refusal(tmp_path / "f.h5", "'x'")


def test_a_chunk_that_unpacks_to_more_than_its_size_is_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal
) -> None:
    with spoiled(tmp_path, arrays) as file:
        array = file.create_dataset("x", shape=(4, 4), dtype="f4", chunks=(4, 4), compression="gzip")
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(50_000_000)))
    refusal(tmp_path / "f.h5", "'x'", "unpacks to more than its 64 bytes")


def test_chunks_larger_than_memory_are_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    with spoiled(tmp_path, arrays) as file:
        array = file.create_dataset(
            "x", shape=(4, 4), maxshape=(None, None), dtype="f4", chunks=(2**14, 2**14), compression="gzip"
        )
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(64)))
    refusal(tmp_path / "f.h5", "'x'", "chunks take 1073741824 bytes")


def test_an_lzf_chunk_beyond_its_bound_is_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    with spoiled(tmp_path, arrays) as file:
        array = file.create_dataset("x", shape=(4, 4), dtype="f4", chunks=(4, 4), compression="lzf")
        array.id.write_direct_chunk((0, 0), bytes(2**22 + 1))
    refusal(tmp_path / "f.h5", "'x'", "lzf")


@pytest.mark.parametrize("chunks", [None, (2, 2)])
def test_data_that_were_never_written_are_refused(
    tmp_path: Path, arrays: Arrays, refusal: Refusal, chunks: tuple[int, int] | None
) -> None:
    with spoiled(tmp_path, arrays) as file:
        file.create_dataset("x", shape=(4, 4), dtype="f4", chunks=chunks)
    refusal(tmp_path / "f.h5", "'x'", "were written")


def test_a_shape_beyond_a_gigabyte_is_refused_unread(
    tmp_path: Path, arrays: Arrays, refusal: Refusal
) -> None:
    with spoiled(tmp_path, arrays) as file:
        file.create_dataset("x", shape=(2**40, 4), dtype="f4", chunks=(64, 4))
    refusal(tmp_path / "f.h5", "'x'", "bytes; up to")


def test_other_filters_are_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal) -> None:
    with spoiled(tmp_path, arrays) as file:
        file.create_dataset("x", data=SECRET, scaleoffset=3, chunks=(3, 4))
    refusal(tmp_path / "f.h5", "'x'", "filters", "gzip")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(tmp_path: Path, arrays: Arrays, refusal: Refusal, share: float) -> None:
    spoiled(tmp_path, arrays).close()
    whole = (tmp_path / "f.h5").read_bytes()
    (tmp_path / "f.h5").write_bytes(whole[: int(share * len(whole))])
    refusal(tmp_path / "f.h5", "f.h5", "cut short")


def test_a_file_of_another_kind_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "f.hdf5").write_bytes(b"hello" * 1000)
    refusal(tmp_path / "f.hdf5", "f.hdf5", "HDF5")


def test_damage_anywhere_is_a_sentence_or_goes_unnoticed(tmp_path: Path, arrays: Arrays) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        for video, values in arrays.items():
            file.create_dataset(
                f"{video}/c3d", data=values, chunks=(2, 2), compression="gzip", fletcher32=True
            )
    whole = (tmp_path / "f.h5").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), size=4):
            damaged[place] = rng.integers(0, 256)
        path = tmp_path / "damaged.h5"
        path.write_bytes(damaged)
        with suppress(DataError):
            load_all(path)
