"""A folder with one VIDEO.npy or VIDEO.npz for each video."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features.arrays import BROKEN, open_member, read_header, read_values
from mtkd_engine.data.features.base import Container, Stated, brief

SUFFIXES = (".npy", ".npz")


class FeatureFolder(Container):
    """The arrays of a folder, by the names of their files; other files and hidden ones are passed over."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._files: dict[str, Path] = {}
        self._fill(self._headers())

    def _headers(self) -> Iterator[tuple[str, Stated]]:
        home = self.path.resolve()
        for file in array_files(self.path):
            if not file.resolve().is_relative_to(home):
                raise DataError(
                    f"{self.path.name}: {shown(file.name)} leads out of the folder; files inside it are accepted."
                )
            video_id = file.stem
            if (other := self._files.get(video_id)) is not None:
                raise DataError(
                    f"{self.path.name} holds the features of video {shown(video_id)} twice, in {other.name} and "
                    f"{file.name}; once is accepted."
                )
            self._files[video_id] = file
            with self._opened(video_id) as (stream, stored):
                stated = read_header(stream, stored=stored)
            yield video_id, stated

    def _read(self, video_id: str) -> NDArray[np.generic]:
        with self._opened(video_id) as (stream, _):
            return read_values(stream)

    def _file(self, video_id: str) -> str:
        return self._files[video_id].name

    @contextmanager
    def _opened(self, video_id: str) -> Iterator[tuple[IO[bytes], int]]:
        file = self._files[video_id]
        try:
            if file.suffix.lower() == ".npy":
                with file.open("rb") as stream:
                    yield stream, file.stat().st_size
                return
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                if len(members) != 1:
                    raise ValueError(f"it holds {len(members)} arrays where one is accepted")
                with open_member(archive, members[0]) as stream:
                    yield stream, members[0].file_size
        except BROKEN as error:
            raise self._refusal(
                video_id,
                f"cannot be read as a {file.suffix} array ({brief(error)}); the file may be cut short",
            ) from None


def array_files(folder: Path) -> list[Path]:
    """This will list the .npy and .npz files right in a folder, by name."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )
