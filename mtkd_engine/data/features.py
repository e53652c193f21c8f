"""One .npz of features keyed by video."""

import struct
import weakref
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown

_BROKEN = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)
_LARGEST_VIDEO = 2**30  # a small archive can state more than there is memory
_ReadHeader = Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[np.generic]]]
_HEADER_READERS: dict[tuple[int, int], _ReadHeader] = {
    (1, 0): cast(_ReadHeader, np.lib.format.read_array_header_1_0),
    (2, 0): cast(_ReadHeader, np.lib.format.read_array_header_2_0),
}


@dataclass(frozen=True)
class _Member:
    info: zipfile.ZipInfo
    length: int
    width: int


class FeatureStore:
    """Features of videos, each a (T, D) array with the same D, read one video at a time.

    Opening reads only the headers, so shapes and dtypes are checked before memory is taken. Every
    problem is a DataError that names the file and the video.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except OSError as error:
            raise DataError(f"{path.name} cannot be read ({error.strerror or error}).") from None
        except (*_BROKEN, NotImplementedError) as error:
            raise DataError(
                f"{path.name} is not a readable .npz file ({_brief(error)}); it may be cut short."
            ) from None
        self._close = weakref.finalize(self, self._archive.close)
        self._members = self._read_headers()
        self._refuse_mixed_widths()
        self.width = next(iter(self._members.values())).width

    def __reduce__(self) -> tuple[type["FeatureStore"], tuple[Path]]:
        return FeatureStore, (self.path,)

    def keys(self) -> tuple[str, ...]:
        """Give the video ids in the order of the file."""
        return tuple(self._members)

    def length(self, video_id: str) -> int:
        """Give the number of feature rows T of a video without reading them."""
        return self._member(video_id).length

    def load(self, video_id: str) -> NDArray[np.float32]:
        """Read the float32 (T, D) features of a video; NaN and infinite values raise DataError."""
        member = self._member(video_id)
        try:
            with self._archive.open(member.info) as stream:
                stored = np.lib.format.read_array(stream, allow_pickle=False)
                if stream.read(1):
                    raise ValueError("data after the array")
        except (*_BROKEN, NotImplementedError) as error:
            raise self._refusal(
                video_id, f"cannot be read ({_brief(error)}); the file may be cut short"
            ) from None
        with np.errstate(over="ignore"):  # a float64 beyond float32 becomes infinite and is refused below
            values: NDArray[np.float32] = np.ascontiguousarray(stored, dtype=np.float32)
        finite = np.isfinite(values)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise self._refusal(
                video_id,
                f"hold {values[row, column]} at row {row}, column {column} "
                f"({np.count_nonzero(~finite)} such values); finite numbers are accepted",
            )
        return values

    def _member(self, video_id: str) -> _Member:
        try:
            return self._members[video_id]
        except KeyError:
            raise DataError(
                f"{self.path.name} holds no features of video {shown(video_id)}; "
                "every annotated video needs them."
            ) from None

    def _read_headers(self) -> dict[str, _Member]:
        members: dict[str, _Member] = {}
        for info in self._archive.infolist():
            video_id = info.filename.removesuffix(".npy")
            if video_id in members:
                raise DataError(
                    f"{self.path.name} holds the features of video {shown(video_id)} twice; once is accepted."
                )
            members[video_id] = self._read_header(video_id, info)
        if not members:
            raise DataError(f"{self.path.name} holds no arrays; one (T, D) array for each video is needed.")
        return members

    def _read_header(self, video_id: str, info: zipfile.ZipInfo) -> _Member:
        try:
            with self._archive.open(info) as stream:
                read_header = _HEADER_READERS[np.lib.format.read_magic(stream)]
                shape, _, dtype = read_header(stream)
                header_bytes = stream.tell()
        except (*_BROKEN, NotImplementedError, KeyError) as error:
            raise self._refusal(video_id, f"cannot be read as a .npy array ({_brief(error)})") from None
        if dtype.hasobject:
            raise self._refusal(
                video_id, "are pickled objects; arrays of floating-point numbers are accepted"
            )
        if dtype.kind != "f":
            raise self._refusal(video_id, f"are of type {dtype}; floating-point numbers are accepted")
        if len(shape) != 2 or min(shape) < 1:
            raise self._refusal(
                video_id, f"have shape {shape}; (T, D) with T and D of at least 1 is accepted"
            )
        if info.file_size != header_bytes + shape[0] * shape[1] * dtype.itemsize:
            raise self._refusal(video_id, f"state shape {shape} but the stored data have another size")
        if info.file_size > _LARGEST_VIDEO:
            raise self._refusal(video_id, f"take {info.file_size} bytes; up to {_LARGEST_VIDEO} are accepted")
        return _Member(info=info, length=shape[0], width=shape[1])

    def _refuse_mixed_widths(self) -> None:
        widths: dict[int, list[str]] = {}
        for video_id, member in self._members.items():
            widths.setdefault(member.width, []).append(video_id)
        if len(widths) > 1:
            usual = max(widths, key=lambda width: len(widths[width]))
            odd = next(width for width in widths if width != usual)
            raise self._refusal(
                widths[odd][0],
                f"have width {odd} where other videos have {usual}; one width for all is accepted",
            )

    def _refusal(self, video_id: str, what: str) -> DataError:
        return DataError(f"{self.path.name}: the features of video {shown(video_id)} {what}.")


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:100].rstrip(".") or type(error).__name__
