"""Features in HDF5: one dataset for each video, or one group for each video that holds exactly one."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.features.base import Container

SUFFIXES = (".h5", ".hdf5")


class Hdf5Features(Container):
    """The arrays of an HDF5 file by the names of their datasets or groups."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        raise NotImplementedError

    def _read(self, video_id: str) -> NDArray[np.generic]:
        raise NotImplementedError
