"""Single .npy arrays, bare or in a zip, read without pickles and without trusting their headers."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.features.base import Stated

BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    KeyError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what numpy writes; others unpack without a bound
_LONGEST_HEADER = 16_384
_ReadHeader = Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[np.generic]]]
_HEADER_READERS: dict[tuple[int, int], _ReadHeader] = {
    (1, 0): cast(_ReadHeader, np.lib.format.read_array_header_1_0),
    (2, 0): cast(_ReadHeader, np.lib.format.read_array_header_2_0),
}


def read_header(stream: IO[bytes], *, stored: int) -> Stated:
    """This will read the header of a .npy of `stored` bytes; raises one of BROKEN where they do not agree."""
    start = io.BytesIO(stream.read(_LONGEST_HEADER))  # a header can state a length of 4 GiB
    try:
        read = _HEADER_READERS[np.lib.format.read_magic(start)]
    except KeyError as error:
        raise ValueError(f"version {error} of the .npy format") from None
    shape, _, dtype = read(start)
    stated = Stated(shape=shape, dtype=dtype)
    if not dtype.hasobject and stored != start.tell() + stated.nbytes:
        raise ValueError(f"it states shape {shape} but the stored data have another size")
    return stated


def read_values(stream: IO[bytes]) -> NDArray[np.generic]:
    """This will read a whole .npy whose header was checked before; raises one of BROKEN."""
    values = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("data after the array")
    return cast(NDArray[np.generic], values)


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """This will open a member of an .npz that unpacks within bounds; raises one of BROKEN."""
    if member.compress_type not in PLAIN:
        raise ValueError("its compression is none that numpy writes")
    return archive.open(member)
