"""Arrays of an .npz file whose headers were read before any memory was taken; pickled ones are never opened."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.content import LARGEST_EXPANDED
from mtkd_engine.predictions.zipped import BROKEN, opened_zip

_ReadHeader = Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]]
_HEADER_READERS: dict[tuple[int, int], _ReadHeader] = {
    (1, 0): cast(_ReadHeader, np.lib.format.read_array_header_1_0),
    (2, 0): cast(_ReadHeader, np.lib.format.read_array_header_2_0),
}
_KINDS = "fiubUS"


def read_arrays(path: Path, *, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """This will read those of `names` that the file holds; raises DataError with one sentence."""
    try:
        with opened_zip(path) as archive:
            members = _members(archive, names=names, path=path)
            stated = sum(info.file_size for info in members.values())
            if stated > LARGEST_EXPANDED:
                raise DataError(
                    f"{path.name} expands to {stated:,} bytes; up to {LARGEST_EXPANDED:,} are accepted."
                )
            for name, info in members.items():
                _check_header(archive, info, where=f"{path.name}: the array {shown(name)}")
            return {name: _array(archive, info) for name, info in members.items()}
    except (*BROKEN, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        detail = " ".join(str(error).split())[:100] or type(error).__name__
        raise DataError(f"{path.name} is not a readable .npz file ({detail}); it may be cut short.") from None


def _members(archive: zipfile.ZipFile, *, names: Collection[str], path: Path) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name in members:
            raise DataError(f"{path.name} holds the array {shown(name)} twice; once is accepted.")
        if name in names:
            members[name] = info
    return members


def _check_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, where: str) -> None:
    with archive.open(info) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADER_READERS:
            raise ValueError(f"version {version} of .npy")
        shape, _, dtype = _HEADER_READERS[version](stream)
        header_bytes = stream.tell()
    if dtype.hasobject:
        raise DataError(
            f"{where} holds pickled objects, which can run code; write numbers and texts (dtype float, int, str)."
        )
    if dtype.kind not in _KINDS:
        raise DataError(f"{where} is of type {dtype}; numbers and texts are accepted.")
    if info.file_size != header_bytes + math.prod(shape) * dtype.itemsize:
        raise DataError(f"{where} states the shape {list(shape)}, but the stored data have another size.")


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(info) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):
            raise ValueError("data after an array")
    return array
