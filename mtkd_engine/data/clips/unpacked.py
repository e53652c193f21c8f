"""Arrays of features out of .npz files of strangers: headers first, no pickles, nothing unpacked beyond its word.

Shape suffixes: N clips, T rows of features, D columns.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.parts import FileRows, Floats
from mtkd_engine.data.clips.rows import LONGEST_ID, MOST_CLIPS
from mtkd_engine.data.clips.store import FeatureStore
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features.arrays import BROKEN, open_member, read_header, read_values
from mtkd_engine.data.features.base import FLOATS, Stated, brief
from mtkd_engine.data.features.npz import open_zip

LARGEST_FEATURES = 64 << 30
LONGEST_CLIP = 65_536
WIDEST = 65_536
_LARGEST_BESIDE = 1 << 30
_MOST_MEMBERS = 256
_LARGEST_DIRECTORY = 1 << 20
_LONGEST_END = (1 << 16) + 128  # a comment, and what says where the directory is
_BLOCK = 1 << 20


def names_of(path: Path) -> tuple[str, ...]:
    """This will give the names of the arrays in an .npz; raises DataError."""
    with _opened(path) as archive:
        return tuple(_members(archive, path))


def read_beside(path: Path, *, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """This will read those of the small arrays `names` that an .npz holds: numbers, texts, (N,); raises DataError."""
    arrays: dict[str, NDArray[Any]] = {}
    with _opened(path) as archive:
        for name, member in _members(archive, path).items():
            if name not in names:
                continue
            stated = _header(archive, member, path, name)
            is_plain = stated.dtype.kind in "iubUS" and stated.dtype.itemsize <= 4 * LONGEST_ID
            if len(stated.shape) != 1 or not is_plain or stated.nbytes > _LARGEST_BESIDE:
                raise DataError(
                    f"{path.name}: the array {shown(name)} is {stated.dtype} of shape {list(stated.shape)}; whole "
                    f"numbers or texts of up to {LONGEST_ID} characters, (N,), are accepted."
                )
            try:
                with open_member(archive, member) as stream:
                    arrays[name] = _texts(read_values(stream), where=f"{path.name}: the array {shown(name)}")
            except BROKEN as error:
                if isinstance(error, DataError):
                    raise
                raise _unreadable(path, name, error) from None
    return arrays


class UnpackedFeatures(FeatureStore):
    """Features of one .npz after another, each unpacked once into a file without a name."""

    def __init__(self, parts: Sequence[tuple[FileRows, NDArray[np.int64]]]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *(len(lengths_N) for _, lengths_N in parts)])
        is_short = all(values.dtype.itemsize == 2 for values, _ in parts)
        self._dtype = "<f2" if is_short else "<f4"
        self.width = parts[0][0].shape[-1]
        self.longest = max(int(lengths_N.max(initial=1)) for _, lengths_N in parts)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def length(self, place: int) -> int:
        """This will give how many rows one clip has."""
        (_, lengths_N), number = self._part(place)
        return int(lengths_N[number])

    def row(self, place: int) -> Floats:
        """This will give the features of one clip, (T, D): of 16 bits where all are, else of 32."""
        (values, lengths_N), number = self._part(place)
        values_TD = values.read(number, number + 1).reshape(-1, self.width)[: int(lengths_N[number])]
        with np.errstate(over="ignore"):  # what does not fit becomes infinite, which the check finds
            return np.ascontiguousarray(values_TD, dtype=self._dtype)

    def _part(self, place: int) -> tuple[tuple[FileRows, NDArray[np.int64]], int]:
        """The file that holds a clip, and the number of the clip in it."""
        part = int(np.searchsorted(self._starts, place, side="right")) - 1
        return self._parts[part], place - int(self._starts[part])


def unpacked(path: Path, *, name: str) -> FileRows:
    """This will unpack the array of features of an .npz, (N, T, D) or (N, D), into a file; raises DataError."""
    with _opened(path) as archive:
        member = _members(archive, path)[name]
        stated = _header(archive, member, path, name)
        _refuse_features(stated, where=f"{path.name}: the array {shown(name)}")
        if stated.nbytes > shutil.disk_usage(tempfile.gettempdir()).free:
            raise DataError(
                f"{path.name}: the disk has no room for the {stated.nbytes:,} bytes of {shown(name)}."
            )
        with tempfile.NamedTemporaryFile(prefix=".features-", suffix=".npy") as target:
            try:
                with open_member(archive, member) as stream:
                    shutil.copyfileobj(stream, target, _BLOCK)
                target.flush()
                return FileRows(Path(target.name))
            except BROKEN as error:
                raise _unreadable(path, name, error) from None


def _refuse_features(stated: Stated, *, where: str) -> None:
    shape, dtype = stated.shape, stated.dtype
    if dtype.kind != "f" or dtype.itemsize not in FLOATS:
        raise DataError(
            f"{where} is of type {dtype}; floating-point numbers of 16, 32 or 64 bits are accepted."
        )
    if (
        len(shape) not in (2, 3)
        or not 1 <= shape[0] <= MOST_CLIPS
        or not 1 <= shape[-1] <= WIDEST
        or not 1 <= shape[len(shape) - 2] <= (LONGEST_CLIP if len(shape) == 3 else MOST_CLIPS)
    ):
        raise DataError(
            f"{where} has the shape {list(shape)}; accepted is (N, T, D) or (N, D) of 1 to {MOST_CLIPS:,} clips, "
            f"{LONGEST_CLIP:,} rows each and {WIDEST:,} columns."
        )
    if stated.nbytes > LARGEST_FEATURES:
        raise DataError(f"{where} takes {stated.nbytes:,} bytes; up to {LARGEST_FEATURES:,} are accepted.")


def _opened(path: Path) -> zipfile.ZipFile:
    """zipfile makes an object of every entry of the directory: its size is read first."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST_END))
            end = file.read()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    place = end.rfind(b"PK\x05\x06")
    size = int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0
    if size > _LARGEST_DIRECTORY:  # all ones where an archive of more than 4 GiB says it elsewhere: see below
        larger = end.rfind(b"PK\x06\x06", 0, place)
        size = int.from_bytes(end[larger + 40 : larger + 48], "little") if larger >= 0 else size
    if size > _LARGEST_DIRECTORY:
        raise DataError(
            f"{path.name} has a directory of {size:,} bytes; up to {_LARGEST_DIRECTORY:,} are accepted."
        )
    return open_zip(path)


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    found = archive.infolist()
    if len(found) > _MOST_MEMBERS:
        raise DataError(f"{path.name} holds {len(found):,} arrays; up to {_MOST_MEMBERS} are accepted.")
    members: dict[str, zipfile.ZipInfo] = {}
    for member in found:
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise DataError(f"{path.name} holds the array {shown(name)} twice; once is accepted.")
        members[name] = member
    return members


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, name: str) -> Stated:
    try:
        with open_member(archive, member) as stream:
            stated = read_header(stream, stored=member.file_size)
    except BROKEN as error:
        raise _unreadable(path, name, error) from None
    if stated.dtype.hasobject:
        raise DataError(
            f"{path.name}: the array {shown(name)} holds pickled objects, which can run code; write numbers and "
            "texts (dtype float, int, str)."
        )
    return stated


def _texts(values: NDArray[Any], *, where: str) -> NDArray[Any]:
    if values.dtype.kind != "S":
        return values
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{where} is not UTF-8.") from None


def _unreadable(path: Path, name: str, error: Exception) -> DataError:
    return DataError(
        f"{path.name}: the array {shown(name)} cannot be read as a .npy array ({brief(error)}); it may be cut short."
    )
