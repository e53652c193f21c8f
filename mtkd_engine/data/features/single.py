"""One .npy with the features of one video."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.features.arrays import BROKEN, read_header, read_values
from mtkd_engine.data.features.base import Container, brief


class FeatureFile(Container):
    """The array of a .npy file; the video is called as the file is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._opened() as stream:
            stated = read_header(stream, stored=path.stat().st_size)
        self._fill([(path.stem, stated)])

    def _read(self, video_id: str) -> NDArray[np.generic]:
        with self._opened() as stream:
            return read_values(stream)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as stream:
                yield stream
        except BROKEN as error:
            raise self._refusal(
                self.path.stem, f"cannot be read as a .npy array ({brief(error)}); the file may be cut short"
            ) from None
