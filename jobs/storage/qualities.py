"""How good a job was at each sample, from its per-sample table; read once by each process.

Shape suffixes: N samples.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jobs.models import Blob
from jobs.storage.blobs import StorageError, open_seen_blob
from jobs.storage.tables import Columns

MOST_ROWS = 500_000
LARGEST = 2 << 30
MOST_BYTES = 256 << 20
_NAMES = 1 << 18
_TEST = "test"
_QUALITY = ("student_iou", "target_iou", "student_class", "student_quality")
"""The first of these that is there: of a student on the test split; of a combination of teachers, on all samples that
it was measured on."""
_ON_ALL = "target_iou"
_CLASS = "student_class"
_SOURCE = ("source_id", "video_id")


@dataclass(frozen=True)
class Qualities:
    """Each sample by the hash of its id, in rising order of these, with the hash of its source and how good it was.

    The latter is an IoU, what maps have in common, or 1 where the class that was said is the true one, else 0.
    """

    ids_N: NDArray[np.uint64]
    sources_N: NDArray[np.uint64]
    values_N: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """What it takes of memory."""
        return self.ids_N.nbytes + self.sources_N.nbytes + self.values_N.nbytes


_kept = Columns(MOST_BYTES)


def qualities(sha256: str, size: int) -> Qualities:
    """This will read a stored per-sample table, unless this process has read it lately.

    Raises StorageError when it is gone, changed, too large, or no such table.
    """
    found: Qualities = _kept.get((sha256, "qualities"), partial(_stored, sha256, size))
    return found


def _stored(sha256: str, size: int) -> Qualities:
    what = f"A table of samples ({sha256[:12]})"
    if size > LARGEST:
        raise StorageError(f"{what} has {size / 1e9:.1f} GB; up to {LARGEST / 1e9:.1f} are read.")
    with open_seen_blob(Blob(sha256=sha256, size=size), what=what) as file:
        try:
            return _read(pq.ParquetFile(file), what)
        except (pa.ArrowException, KeyError, ValueError, OSError) as error:
            raise StorageError(f"{what} cannot be read: {error}.") from None


def _read(file: pq.ParquetFile, what: str) -> Qualities:
    if file.metadata.num_rows > MOST_ROWS:
        raise StorageError(f"{what} has {file.metadata.num_rows:,} rows; up to {MOST_ROWS:,} are read.")
    names = set(file.schema_arrow.names)
    quality = next((name for name in _QUALITY if name in names), None)
    source = next((name for name in _SOURCE if name in names), None)
    if quality is None or source is None:
        raise StorageError(f"{what} says of no sample how good the job was there.")
    wanted = ["sample_id", "split", source, quality, *(["label"] if quality == _CLASS else [])]
    table = file.read(columns=wanted, use_threads=False)
    if quality != _ON_ALL:
        table = table.filter(pc.equal(table["split"], _TEST))
    if quality == _CLASS:
        right = pc.cast(
            pc.equal(pc.cast(table[_CLASS], "string"), pc.cast(table["label"], "string")), "double"
        )
        table = table.set_column(table.schema.get_field_index(quality), quality, right)
    table = table.filter(pc.is_finite(table[quality]))
    ids_N = _hashes(table["sample_id"])
    order_N = np.argsort(ids_N, kind="stable")
    return Qualities(
        ids_N=ids_N[order_N],
        sources_N=_hashes(table[source])[order_N],
        values_N=table[quality].to_numpy().astype(np.float64)[order_N],
    )


def _hashes(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    joined = b"".join(_hash(str(name)) for name in column.to_pylist())
    return np.frombuffer(joined, dtype=np.uint64)


@lru_cache(maxsize=_NAMES)  # jobs that are compared were tested on the same samples
def _hash(name: str) -> bytes:
    """Eight bytes for a name: two of half a million names share them once in a hundred million tables."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()
