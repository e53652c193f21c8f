"""Features of any container into the uncompressed .npz of a sealed dataset."""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.features.base import Features
from mtkd_engine.data.features.index import Index, Member
from mtkd_engine.data.progress import Progress

_SAFE_EVERY = 64 * 2**20  # bytes between two flushes to the disk: at most so much is done twice
_DATE = (1980, 1, 1, 0, 0, 0)  # a zip holds times; the same content shall give the same bytes


def pack_features(
    store: Features, target: Path, *, videos: Sequence[str], progress: Progress, work: Path | None = None
) -> dict[str, str]:
    """This will write the features of these videos to a new .npz and give the sha256 of each array.

    float16 and float32 stay, float64 becomes float32. The same content gives the same bytes. With a
    `work` folder a second call goes on where the first one stopped. Raises DataError.
    """
    names = list(dict.fromkeys(videos))
    if work is not None:
        work.mkdir(parents=True, exist_ok=True)
        return _pack(store, target, names=names, progress=progress, work=work)
    with tempfile.TemporaryDirectory(prefix=".features-", dir=target.parent) as folder:
        return _pack(store, target, names=names, progress=progress, work=Path(folder))


def array_hash(store: Features, video_id: str) -> str:
    """This will give the sha256 of a video's array as a sealed dataset holds it: shape, type and bytes."""
    return _hash(_kept(store, video_id))


def _pack(
    store: Features, target: Path, *, names: list[str], progress: Progress, work: Path
) -> dict[str, str]:
    index = Index.resume(work, of=_fingerprint(store, names))
    if not index.complete:
        with index.opened() as file:
            writer = _Writer(file, index)
            try:
                for done, video_id in enumerate(names[len(index.members) :], start=len(index.members)):
                    progress.say("features", done=done, of=len(names))
                    writer.add(video_id, _kept(store, video_id))
            finally:
                writer.close()
        index.finish()
    progress.say("features", done=len(names), of=len(names))
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(index.container)
    except OSError:  # another file system, or one without links
        shutil.copyfile(index.container, target)
    return {member.video: member.sha256 for member in index.members}


class _Writer:
    """Adds arrays to a half-made zip and tells the index what is safely on the disk."""

    def __init__(self, file: io.BufferedRandom, index: Index) -> None:
        self._file = file
        self._index = index
        self._waiting: list[Member] = []
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        for member in index.members:
            self._zip.filelist.append(_entry(member))

    def add(self, video_id: str, values: NDArray[np.floating]) -> None:
        entry = _blank(video_id)
        header = _header(values)
        entry.file_size = len(header) + values.nbytes
        with self._zip.open(entry, "w") as stream:
            stream.write(header)
            stream.write(values.data.cast("B"))
        self._waiting.append(
            Member(
                video=video_id,
                sha256=_hash(values),
                offset=entry.header_offset,
                crc=entry.CRC,
                size=entry.file_size,
                end=self._file.tell(),
            )
        )
        if self._file.tell() - self._waiting[0].offset >= _SAFE_EVERY:
            self.keep()

    def keep(self) -> None:
        """This will make what was added so far survive a stop."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._index.add(self._waiting)
        self._waiting = []

    def close(self) -> None:
        """This will end the zip with the list of its members; going on later cuts that off again."""
        self.keep()
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())


def _kept(store: Features, video_id: str) -> NDArray[np.floating]:
    kept = np.dtype("<f2") if store.dtype(video_id).itemsize == 2 else np.dtype("<f4")
    return np.ascontiguousarray(store.load(video_id), dtype=kept)


def _hash(values: NDArray[np.floating]) -> str:
    digest = hashlib.sha256(f"{values.shape} {values.dtype.str} ".encode())
    digest.update(values.data.cast("B"))
    return digest.hexdigest()


def _header(values: NDArray[np.floating]) -> bytes:
    stream = io.BytesIO()
    stated = {"shape": values.shape, "fortran_order": False, "descr": values.dtype.str}
    np.lib.format.write_array_header_1_0(stream, stated)
    return stream.getvalue()


def _blank(video_id: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{video_id}.npy", date_time=_DATE)
    entry.create_system = 3  # the platform stands in the file, too
    entry.external_attr = 0o644 << 16
    return entry


def _entry(member: Member) -> zipfile.ZipInfo:
    entry = _blank(member.video)
    entry.header_offset = member.offset
    entry.CRC = member.crc
    entry.file_size = entry.compress_size = member.size
    return entry


def _fingerprint(store: Features, names: Sequence[str]) -> str:
    """Tell one source from another, so that a half-made container is not finished with other features."""
    files = sorted(store.path.iterdir()) if store.path.is_dir() else [store.path]
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(f"{file.name!r} {status.st_size} {status.st_mtime_ns}\n".encode())
    for video_id in names:
        digest.update(f"{video_id!r} {store.length(video_id)} {store.dtype(video_id).str}\n".encode())
    return digest.hexdigest()
