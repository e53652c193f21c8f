"""Archives from outside: extracted whole and within bounds, or not at all."""

from pathlib import Path

from mtkd_engine.data.progress import Progress

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")


def is_archive(path: Path) -> bool:
    """This will say whether the name is that of an archive that `extract` reads."""
    return path.name.lower().endswith(SUFFIXES)


def extract(archive: Path, into: Path, *, most_bytes: int, most_files: int, progress: Progress) -> None:
    """This will extract an archive into the new or empty folder `into`; raises DataError and leaves nothing."""
    raise NotImplementedError
