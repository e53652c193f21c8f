"""What lies in folders without dataset.json: annotations, durations, features, word vectors."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.detect import DURATIONS, SUFFIXES, format_of, split_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.readers import READERS, AnnotationFile
from mtkd_engine.data.split import SPLITS

AUTO = "auto"
_ALIKE = frozenset({"activitynet", "tacos"})
MOST_FILES = 1_000_000
_ARRAYS = (".npz", ".npy")
_CONTAINERS = (".npz", ".h5", ".hdf5")


@dataclass(frozen=True)
class Discovered:
    """What was found below some folders, or one single file."""

    roots: tuple[Path, ...]
    files: tuple[AnnotationFile, ...]
    format: str
    durations: tuple[Path, ...]
    words: Path | None
    ignored: tuple[str, ...]


def discover(roots: Sequence[Path], *, annotation_format: str, aside: Collection[Path] = ()) -> Discovered:
    """This will find annotations by content and splits by name below `roots`; one of them may be a file.

    The files `aside` are known to be something else.
    """
    name = roots[0].resolve().name
    below = (path for root in roots for path in files_below(root))
    found = [path for path in below if path.suffix.lower() in SUFFIXES and not is_one_of(path, aside)]
    words = [path for path in found if is_words(path)]
    formats = {path: format_of(path) for path in found if path not in words}
    chosen = _chosen(formats, annotation_format=annotation_format, name=name)
    paths = [path for path, format_ in formats.items() if format_ == chosen]
    if annotation_format != AUTO:
        paths = _forced(formats, annotation_format=annotation_format, alone=roots[0])
    durations = tuple(path for path, format_ in formats.items() if format_ == DURATIONS)
    return Discovered(
        roots=tuple(roots),
        files=_by_split(paths, name=name),
        format=chosen,
        durations=durations,
        words=words[0] if len(words) == 1 else None,
        ignored=tuple(
            path.name
            for path in formats
            if path not in paths and path not in durations and split_of(path) is not None
        ),
    )


def _forced(formats: dict[Path, str | None], *, annotation_format: str, alone: Path) -> list[Path]:
    """Take what may be of the named format: the beginning tells ActivityNet from TACoS by a few keys only."""
    alike = _ALIKE if annotation_format in _ALIKE else {annotation_format}
    return [
        path
        for path, format_ in formats.items()
        if path == alone or format_ in alike or (format_ is None and split_of(path) is not None)
    ]


def _chosen(formats: dict[Path, str | None], *, annotation_format: str, name: str) -> str:
    if annotation_format != AUTO:
        if annotation_format not in READERS:
            raise DataError(
                f"--format: given {annotation_format!r}, accepted are {AUTO}, {', '.join(READERS)}."
            )
        return annotation_format
    found = sorted({format_ for format_ in formats.values() if format_ in READERS})
    if not found:
        raise DataError(
            f"{name} has neither dataset.json nor annotations in a format known here; accepted are "
            "Charades-STA text, the JSON of ActivityNet Captions or TACoS, and the JSON lines of QVHighlights."
        )
    if len(found) > 1:
        raise DataError(
            f"{name} holds annotations in {len(found)} formats ({', '.join(found)}); name one of them."
        )
    return str(found[0])


def _by_split(paths: list[Path], *, name: str) -> tuple[AnnotationFile, ...]:
    by_split: dict[str | None, list[Path]] = {}
    for path in paths:
        by_split.setdefault(split_of(path), []).append(path)
    for split, several in by_split.items():
        if len(several) > 1:
            names = ", ".join(path.name for path in several)
            what = f"the split {split}" if split else "annotations without a split in the name"
            raise DataError(f"{name} has several files for {what} ({names}); one is accepted.")
    if None in by_split and len(by_split) > 1:
        raise DataError(
            f"{name}: the name of {by_split[None][0].name} tells no split while those of others do; "
            "a split in every name or one single file is accepted."
        )
    if not by_split:
        raise DataError(f"{name} holds no annotations of that format.")
    return tuple(
        AnnotationFile(path=by_split[split][0], name=by_split[split][0].name, split=split)
        for split in (*SPLITS, None)
        if split in by_split
    )


def is_one_of(path: Path, others: Collection[Path]) -> bool:
    """This will say whether a path leads to one of the others, however it is written."""
    return any(path.name == other.name and path.resolve() == other.resolve() for other in others)


def is_words(path: Path) -> bool:
    """This will say whether the name is that of a file of word vectors."""
    return path.name.lower().startswith("glove") and path.suffix.lower() == ".txt"


def files_below(root: Path) -> Iterator[Path]:
    """This will give the files below a folder in a stable order, hidden ones and links out of it left out."""
    if root.is_file():
        yield root
        return
    home = root.resolve()
    count = 0
    for place, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        for name in sorted(names):
            path = Path(place, name)
            count += 1
            if count > MOST_FILES:
                raise DataError(f"{root.name} holds more than {MOST_FILES:,} files; fewer are accepted.")
            if name.startswith(".") or (path.is_symlink() and not path.resolve().is_relative_to(home)):
                continue
            yield path


def find_features(roots: Sequence[Path], *, videos: Collection[str], name: str) -> Path | None:
    """This will find one .npz, one HDF5 file or one folder of arrays named after the videos, least deep first."""
    known = set(videos)
    by_depth: dict[int, list[Path]] = {}
    for root in roots:
        arrays: dict[Path, list[Path]] = {}
        for path in files_below(root):
            if path.suffix.lower() in {*_ARRAYS, *_CONTAINERS}:
                arrays.setdefault(path.parent, []).append(path)
        for folder, files in arrays.items():
            depth = len(folder.relative_to(root).parts) if root.is_dir() else 0
            if any(path.stem in known and path.suffix.lower() in _ARRAYS for path in files):
                by_depth.setdefault(depth, []).append(folder)
            else:
                containers = [path for path in files if path.suffix.lower() in _CONTAINERS]
                by_depth.setdefault(depth, []).extend(containers)
    candidates = next((by_depth[depth] for depth in sorted(by_depth) if by_depth[depth]), [])
    if len(candidates) > 1:
        names = ", ".join(path.name for path in candidates[:5])
        raise DataError(
            f"{name} has no dataset.json and {len(candidates)} files or folders of features ({names}); "
            "with exactly one it is taken as features."
        )
    return candidates[0] if candidates else None
