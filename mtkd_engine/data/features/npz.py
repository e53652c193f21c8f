"""One .npz of features keyed by video, as numpy writes it and as sealed datasets hold it."""

import weakref
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.features.arrays import BROKEN, open_member, read_header, read_values
from mtkd_engine.data.features.base import Container, Stated, brief


class FeatureStore(Container):
    """Features of videos, each a (T, D) array with the same D, read one video at a time.

    Opening reads only the headers, so shapes and dtypes are checked before memory is taken. Every
    problem is a DataError that names the file and the video.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._archive = open_zip(path)
        self._close = weakref.finalize(self, self._archive.close)
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._fill(self._headers())

    def _headers(self) -> Iterator[tuple[str, Stated]]:
        for member in self._archive.infolist():
            video_id = member.filename.removesuffix(".npy")
            try:
                with open_member(self._archive, member) as stream:
                    stated = read_header(stream, stored=member.file_size)
            except BROKEN as error:
                raise self._refusal(video_id, f"cannot be read as a .npy array ({brief(error)})") from None
            self._members[video_id] = member
            yield video_id, stated

    def _read(self, video_id: str) -> NDArray[np.generic]:
        try:
            with open_member(self._archive, self._members[video_id]) as stream:
                return read_values(stream)
        except BROKEN as error:
            raise self._refusal(
                video_id, f"cannot be read ({brief(error)}); the file may be cut short"
            ) from None


def open_zip(path: Path) -> zipfile.ZipFile:
    """This will open an .npz, or say in one sentence why it cannot be read."""
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror or error}).") from None
    except BROKEN as error:
        raise DataError(
            f"{path.name} is not a readable .npz file ({brief(error)}); it may be cut short."
        ) from None
