"""What every container of features promises, and the checks that all of them share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown

LARGEST_VIDEO = 2**30  # a small file can state more than there is memory
FLOATS = (2, 4, 8)  # bytes: wider ones differ by platform


class Features(Protocol):
    """Features of videos, each a (T, D) array with the same D, read one video at a time."""

    @property
    def path(self) -> Path:
        """The file or folder they lie in."""
        ...

    @property
    def width(self) -> int:
        """Columns D of every video."""
        ...

    def keys(self) -> tuple[str, ...]:
        """This will give the video ids in a stable order."""
        ...

    def length(self, video_id: str) -> int:
        """This will give the number of feature rows T of a video without reading them."""
        ...

    def dtype(self, video_id: str) -> np.dtype[np.generic]:
        """This will give the floating-point type that a video is stored in."""
        ...

    def load(self, video_id: str) -> NDArray[np.float32]:
        """This will read the float32 (T, D) features of a video; NaN and infinite values raise DataError."""
        ...


@dataclass(frozen=True, slots=True)
class Stated:
    """What the header of one array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def nbytes(self) -> int:
        """Bytes of the values, in Python's whole numbers, which do not overflow."""
        size = self.dtype.itemsize
        for length in self.shape:
            size *= length
        return size


@dataclass(frozen=True, slots=True)
class Rows:
    """A checked header: T, D and the type of the values."""

    length: int
    width: int
    dtype: np.dtype[np.generic]


class Container(ABC):
    """Shared by all containers: look-up, checks of headers and of values, sentences for refusals."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[str, Rows] = {}
        self.width = 0

    def __reduce__(self) -> tuple[type["Container"], tuple[Path]]:
        return type(self), (self.path,)

    def keys(self) -> tuple[str, ...]:
        """This will give the video ids in the order of the container."""
        return tuple(self._rows)

    def length(self, video_id: str) -> int:
        """This will give the number of feature rows T of a video without reading them."""
        return self._of(video_id).length

    def dtype(self, video_id: str) -> np.dtype[np.generic]:
        """This will give the floating-point type that a video is stored in."""
        return self._of(video_id).dtype

    def load(self, video_id: str) -> NDArray[np.float32]:
        """This will read the float32 (T, D) features of a video; NaN and infinite values raise DataError."""
        rows = self._of(video_id)
        stored = self._read(video_id)
        with np.errstate(over="ignore"):  # a float64 beyond float32 becomes infinite and is refused below
            values = np.ascontiguousarray(stored.reshape(rows.length, rows.width), dtype=np.float32)
        finite = np.isfinite(values)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise self._refusal(
                video_id,
                f"hold {values[row, column]} at row {row}, column {column} "
                f"({np.count_nonzero(~finite)} such values); finite numbers are accepted",
            )
        return values

    @abstractmethod
    def _read(self, video_id: str) -> NDArray[np.generic]:
        """Read the stored array of a known video, of the stated shape."""

    def _file(self, video_id: str) -> str:
        return self.path.name

    def _fill(self, stated: Iterable[tuple[str, Stated]]) -> None:
        for video_id, header in stated:
            if video_id in self._rows:
                raise DataError(
                    f"{self.path.name} holds the features of video {shown(video_id)} twice; once is accepted."
                )
            self._rows[video_id] = self._checked(video_id, header)
        if not self._rows:
            raise DataError(f"{self.path.name} holds no arrays; one (T, D) array for each video is needed.")
        self._refuse_mixed_widths()
        self.width = next(iter(self._rows.values())).width

    def _of(self, video_id: str) -> Rows:
        try:
            return self._rows[video_id]
        except KeyError:
            raise DataError(
                f"{self.path.name} holds no features of video {shown(video_id)}; "
                "every annotated video needs them."
            ) from None

    def _checked(self, video_id: str, stated: Stated) -> Rows:
        dtype = stated.dtype
        if dtype.hasobject:
            raise self._refusal(
                video_id, "are pickled objects; arrays of floating-point numbers are accepted"
            )
        if dtype.kind != "f" or dtype.itemsize not in FLOATS:
            raise self._refusal(
                video_id, f"are of type {dtype}; floating-point numbers of 16, 32 or 64 bits are accepted"
            )
        shape = rows_and_columns(stated.shape)
        if shape is None:
            raise self._refusal(
                video_id,
                f"have shape {stated.shape}; (T, D) with T and D of at least 1 is accepted, and more dimensions "
                "where exactly two are larger than 1",
            )
        if stated.nbytes > LARGEST_VIDEO:
            raise self._refusal(video_id, f"take {stated.nbytes} bytes; up to {LARGEST_VIDEO} are accepted")
        return Rows(length=shape[0], width=shape[1], dtype=dtype)

    def _refuse_mixed_widths(self) -> None:
        widths: dict[int, list[str]] = {}
        for video_id, rows in self._rows.items():
            widths.setdefault(rows.width, []).append(video_id)
        if len(widths) > 1:
            usual = max(widths, key=lambda width: len(widths[width]))
            odd = next(width for width in widths if width != usual)
            raise self._refusal(
                widths[odd][0],
                f"have width {odd} where other videos have {usual}; one width for all is accepted",
            )

    def _refusal(self, video_id: str, what: str) -> DataError:
        return DataError(f"{self._file(video_id)}: the features of video {shown(video_id)} {what}.")


def rows_and_columns(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """This will read (T, D) out of a shape such as (1, T, D) or (T, D, 1, 1); None where it is unclear."""
    if len(shape) < 2 or min(shape) < 1:
        return None
    if len(shape) == 2:
        return shape[0], shape[1]
    large = [length for length in shape if length > 1]
    if len(large) == 2:
        return large[0], large[1]
    return (1, shape[-1]) if len(large) == 1 and shape[-1] > 1 else None


def brief(error: Exception) -> str:
    """This will give the cause of a failure in a few words on one line."""
    return " ".join(str(error).split())[:100].rstrip(".") or type(error).__name__
