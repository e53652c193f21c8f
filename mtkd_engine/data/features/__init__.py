"""Features of videos in the containers of the field: one .npz, a folder of arrays, HDF5."""

from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features.base import Features
from mtkd_engine.data.features.folder import FeatureFolder
from mtkd_engine.data.features.hdf5 import SUFFIXES as HDF5
from mtkd_engine.data.features.hdf5 import Hdf5Features
from mtkd_engine.data.features.npz import FeatureStore
from mtkd_engine.data.features.pack import array_hash, pack_features
from mtkd_engine.data.features.single import FeatureFile

__all__ = [
    "FeatureFile",
    "FeatureFolder",
    "FeatureStore",
    "Features",
    "Hdf5Features",
    "array_hash",
    "open_features",
    "pack_features",
]


def open_features(path: Path) -> Features:
    """This will open an .npz, an .h5/.hdf5 file or a folder of VIDEO.npy and VIDEO.npz; headers are read only.

    Raises DataError with one sentence for whatever is wrong with them.
    """
    if path.is_dir():
        return FeatureFolder(path)
    suffix = path.suffix.lower()
    if suffix in HDF5:
        return Hdf5Features(path)
    if suffix == ".npz":
        return FeatureStore(path)
    raise DataError(
        f"{path.name}: features in a file that ends in {shown(path.suffix)} are not read; accepted are .npz, "
        f"{', '.join(HDF5)} and a folder of one .npy or .npz for each video."
    )
