"""Archives from outside: extracted whole and within bounds, or not at all."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mtkd_engine.data.archives.members import Entry, Plan, refusal
from mtkd_engine.data.archives.tars import TAR_SUFFIXES, tar_entries
from mtkd_engine.data.archives.zips import opened_zip
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress

SUFFIXES = (".zip", *TAR_SUFFIXES)
_HEADERS = 2048  # bytes a tar spends on a member beside its content
_LONG_END = 2**20  # tars are padded


def is_archive(path: Path) -> bool:
    """This will say whether the name is that of an archive that `extract` reads."""
    return path.name.lower().endswith(SUFFIXES)


def extract(archive: Path, into: Path, *, most_bytes: int, most_files: int, progress: Progress) -> None:
    """This will extract an archive into the new or empty folder `into`; raises DataError and leaves nothing.

    Links, devices, encrypted members, names that lead out or collide, and more than `most_bytes` or
    `most_files` are refused; archives inside it stay as they are.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise DataError(f"{into.name} already holds something; a new or empty folder is accepted.")
    into.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        _fill(half_made, archive, most_bytes=most_bytes, most_files=most_files, progress=progress)
        half_made.chmod(0o755)
        half_made.replace(into)
    except BaseException:
        shutil.rmtree(half_made, ignore_errors=True)
        raise


def _fill(folder: Path, archive: Path, *, most_bytes: int, most_files: int, progress: Progress) -> None:
    plan = Plan(archive, most_bytes=most_bytes, most_files=most_files)
    if archive.name.lower().endswith(".zip"):
        with opened_zip(archive) as entries:
            planned = [
                (entry, plan.place(entry)) for entry in entries
            ]  # all are checked before one is written
            done = 0
            for entry, parts in planned:
                progress.say("archives", done=done, of=plan.bytes)
                done += entry.size
                _write(folder, archive, entry, parts)
        return
    if not is_archive(archive):
        raise DataError(f"{archive.name} is not an archive that is read; accepted are {', '.join(SUFFIXES)}.")
    unpacked = plan.most + _HEADERS * most_files + _LONG_END
    for entry in tar_entries(archive, most_bytes=unpacked, progress=progress):
        _write(folder, archive, entry, plan.place(entry))


def _write(folder: Path, archive: Path, entry: Entry, parts: tuple[str, ...] | None) -> None:
    if parts is None:
        return
    target = folder.joinpath(*parts)
    if entry.is_folder:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        written = sum(stream.write(piece) for piece in _bounded(archive, entry))
    if written != entry.size:
        raise refusal(
            archive,
            entry.name,
            f"holds {written} bytes where {entry.size} are stated; the archive may be cut short",
        )


def _bounded(archive: Path, entry: Entry) -> Iterable[bytes]:
    left = entry.size
    for piece in entry.read():
        left -= len(piece)
        if left < 0:
            raise refusal(archive, entry.name, f"holds more than the {entry.size} bytes that are stated")
        yield piece
