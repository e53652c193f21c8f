"""Tables that jobs left behind, opened where they lie or from a verified copy on this host.

Columns are read when they are asked for, and kept in memory up to MOST_BYTES over all tables: what was asked for
longest ago goes first.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.models import Artifact, Job
from jobs.queries.inspect.maps import MAPS, Mapped, map_in, mapped_in
from jobs.queries.inspect.probabilities import PROBABILITIES, Said, probabilities_of
from jobs.queries.inspect.table import NEEDED, PER_SAMPLE, Table
from jobs.queries.inspect.training import WEIGHTS, Course, weights_over_training
from jobs.queries.participants import PROBABILITIES as OF_CLASSES
from jobs.queries.participants import SAMPLES, inspected, is_between_models
from jobs.storage.blobs import open_seen_blob
from jobs.storage.hashing import StorageError

MOST_BYTES = 256 << 20
MOST_FILES = 16
Found = TypeVar("Found")


class Columns:
    """Columns by the hash of their file and their name, within a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: tuple[str, str], read: Callable[[], Any]) -> Any:
        """This will give a column, reading it where it is not held; two that ask at once may both read it."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        column = read()
        with self._lock:
            if key not in self._held:
                self._held[key] = column
                self.bytes += column.nbytes
            while self.bytes > self._most and len(self._held) > 1:
                _, gone = self._held.popitem(last=False)
                self.bytes -= gone.nbytes
        return column


_columns = Columns(MOST_BYTES)
_footers: OrderedDict[str, Any] = OrderedDict()
_opening = threading.Lock()


def per_sample_table(job: Job, participant: str = "") -> Table | None:
    """This will open the table of a job's samples; None for a job that left none. Raises StorageError.

    Where models teach each other, each that learned has one: that of `participant`, the first one's unless given.
    """
    artifact = _artifact(job, _own_file(job, participant, SAMPLES, PER_SAMPLE))
    return None if artifact is None else open_table(artifact)


def open_table(artifact: Artifact) -> Table:
    """This will open a per-sample table; raises StorageError when it is gone, changed, or none."""
    file = _open(artifact)
    names = tuple(file.schema_arrow.names)
    if not set(NEEDED) <= set(names) or len(set(names)) < len(names):
        raise StorageError(f"{_what(artifact)} is no table of samples.")
    return Table(names, file.metadata.num_rows, functools.partial(_column, artifact.sha256, file))


def weights_course(job: Job, sample_id: str) -> Course | None:
    """This will read a sample's weights over training; None where none were recorded. Raises StorageError."""
    artifact = _artifact(job, WEIGHTS)
    if artifact is None:
        return None
    try:
        return weights_over_training(_open(artifact), sample_id)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(artifact) from error


def sample_probabilities(job: Job, sample_id: str, participant: str = "") -> dict[str, Said]:
    """This will read what each participant says of a sample; nothing where it was not kept. Raises StorageError.

    `participant` is whose table the sample is looked at in, as with `per_sample_table`.
    """
    artifact = _artifact(job, _own_file(job, participant, OF_CLASSES, PROBABILITIES))
    if artifact is None:
        return {}
    try:
        return probabilities_of(_open(artifact), sample_id)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(artifact) from error


def mapped_by(job: Job, sample_id: str) -> Mapped:
    """This will list who says something of a sample pixel by pixel; nobody where none was kept. Raises StorageError."""
    artifact = _artifact(job, MAPS)
    return Mapped() if artifact is None else _maps(artifact, lambda file: mapped_in(file, sample_id))


def sample_map(job: Job, sample_id: str, who: str) -> bytes | None:
    """This will read what a participant says of a sample as a PNG, None where it was not kept. Raises StorageError."""
    artifact = _artifact(job, MAPS)
    return None if artifact is None else _maps(artifact, lambda file: map_in(file, sample_id, who))


def _maps(artifact: Artifact, read: Callable[[Any], Found]) -> Found:
    try:
        return read(_open(artifact))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(artifact) from error


def _own_file(job: Job, participant: str, kind: str, usual: str) -> str:
    """The file of a job's only student, or that of a participant; "" where that has none."""
    if not is_between_models(job.spec):
        return usual
    found = inspected(job.result, participant)
    return found.files.get(kind, "") if found is not None else ""


def _artifact(job: Job, name: str) -> Artifact | None:
    return Artifact.objects.filter(job=job, name=name).select_related("blob").first()


def _open(artifact: Artifact) -> Any:
    """A Parquet file, mapped into memory. That its bytes are those of the artifact is looked at each time.

    Each asker has a reader of its own, for two threads that read by one crash the process; the footer is read once.
    """
    key = artifact.sha256
    with open_seen_blob(artifact.blob, what=_what(artifact)) as seen, _opening:
        try:
            file = pq.ParquetFile(pa.memory_map(seen.name), metadata=_footers.get(key))
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(artifact) from error
        _footers[key] = file.metadata
        _footers.move_to_end(key)
        if len(_footers) > MOST_FILES:
            _footers.popitem(last=False)
        return file


def _column(sha256: str, file: Any, name: str) -> Any:
    def read() -> Any:
        try:
            return _plain(file.read(columns=[name], use_threads=False).column(name).combine_chunks())
        except (pa.ArrowException, OSError) as error:
            raise StorageError(f"The column {name!r} of a table of samples cannot be read.") from error

    return _columns.get((sha256, name), read)


def _plain(column: Any) -> Any:
    """Words as words, however they are packed."""
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


def _what(artifact: Artifact) -> str:
    return f"{artifact.name} of job {artifact.job_id}"


def _unreadable(artifact: Artifact) -> StorageError:
    return StorageError(f"{_what(artifact)} is no Parquet file that can be read.")
