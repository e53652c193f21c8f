"""Features in HDF5: one dataset for each video, or one group for each video that holds exactly one."""

import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features.base import Container, Stated, brief
from mtkd_engine.data.features.chunks import refuse_lying_chunks

SUFFIXES = (".h5", ".hdf5")
_BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError, zlib.error)


class Hdf5Features(Container):
    """The arrays of an HDF5 file by the names of their datasets or groups.

    Only data that lie in the file itself are read: links, virtual and external storage are refused.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._root = _opened(path)
        self._close = weakref.finalize(self, self._root.close)
        self._fill(self._headers())

    def _headers(self) -> Iterator[tuple[str, Stated]]:
        for name in self._names():
            yield name, self._stated(name)

    def _names(self) -> list[str]:
        try:
            names = [str(name) for name in self._root]
        except _BROKEN as error:
            raise self._unreadable(error) from None
        for name in names:
            if not name.isprintable():  # names that are no UTF-8 come as lone surrogates
                raise DataError(
                    f"{self.path.name}: the name {shown(name)} is not readable text; video ids in UTF-8 are accepted."
                )
        return names

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(
            f"{self.path.name} is not a readable HDF5 file ({brief(error)}); it may be cut short."
        )

    def _stated(self, video_id: str) -> Stated:
        try:
            array = self._array(video_id)
            dtype, shape = array.dtype, array.shape
        except DataError:
            raise
        except _BROKEN as error:
            raise self._refusal(video_id, f"cannot be read ({brief(error)})") from None
        if shape is None:
            raise self._refusal(video_id, "are empty; one (T, D) array is accepted")
        return Stated(shape=tuple(shape), dtype=dtype)

    def _array(self, video_id: str) -> Any:
        import h5py

        found = self._own(video_id, self._root, video_id)
        if isinstance(found, h5py.Group):
            inner = [str(name) for name in found]
            if len(inner) != 1:
                raise self._refusal(
                    video_id,
                    f"are a group of {len(inner)} entries; a group with exactly one array is accepted",
                )
            found = self._own(video_id, found, inner[0])
        if not isinstance(found, h5py.Dataset):
            raise self._refusal(
                video_id, "are no array; an array or a group that holds exactly one is accepted"
            )
        if found.is_virtual or found.external:
            raise self._refusal(
                video_id, "refer to other files; arrays that lie in the file itself are accepted"
            )
        return found

    def _own(self, video_id: str, group: Any, name: str) -> Any:
        import h5py

        # The link is looked at before it is followed: following one may open any file.
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise self._refusal(
                video_id, "are a link to somewhere else; arrays that lie in the file itself are accepted"
            )
        return group[name]

    def _read(self, video_id: str) -> NDArray[np.generic]:
        try:
            array = self._array(video_id)
            refuse_lying_chunks(array, file_bytes=self.path.stat().st_size)
            values: NDArray[np.generic] = array[()]
        except DataError:
            raise
        except _BROKEN as error:
            raise self._refusal(
                video_id, f"cannot be read ({brief(error)}); the file may be cut short"
            ) from None
        return values


def _opened(path: Path) -> Any:
    try:
        import h5py
    except ImportError:
        raise DataError(f"{path.name}: reading HDF5 needs h5py, which is not installed.") from None
    try:
        return h5py.File(path, "r", locking=False)  # read-only places take no locks
    except _BROKEN as error:
        raise DataError(
            f"{path.name} is not a readable HDF5 file ({brief(error)}); it may be cut short."
        ) from None
