"""Features of clips in .npz files.

features (N, T, D) or (N, D)   floating-point numbers
labels (N,)                    numbers or names of classes
classes (K,)                   the names of classes, where labels are numbers; classes.json beside the file does as well
is_train (N,) | split (N,)     which clips are learned from; else the name of the file tells, else nothing does
video (N,), source (N,)        ids and groups of clips
lengths (N,)                   how many of the T rows each clip has, where not all
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.entries import by_split
from mtkd_engine.data.clips.labels import Labels, Said, labels_of
from mtkd_engine.data.clips.parts import FileRows
from mtkd_engine.data.clips.rows import LONGEST_ID, HandedClips
from mtkd_engine.data.clips.sources import group_of
from mtkd_engine.data.clips.unpacked import UnpackedFeatures, names_of, read_beside, unpacked
from mtkd_engine.data.detect import split_named, split_of
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.classes import FILE, SOURCES, read_classes, read_sources
from mtkd_engine.data.labelled.rows import Found, LabelledRow

FORMAT = "feature_arrays"
_VALUES = ("features", "feats", "x")
_LABELS = ("labels", "label", "y")
_IDS = ("video", "videos", "sample_id", "ids", "id")
_SOURCES = ("source", "sources", "group", "groups")
_SPLITS = ("is_train", "split", "splits")
_BESIDE = (*_LABELS, *_IDS, *_SOURCES, *_SPLITS, "classes", "lengths")
_UNCLEAR = "unclear"
Arrays = dict[str, NDArray[Any]]


def feature_files(below: Below) -> list[Path]:
    """This will give the .npz files that hold an array of features and one of labels."""
    return [path for path in below.arrays if _holds_both(path)]


def read_features(below: Below, *, paths: Sequence[Path], name: str) -> HandedClips:
    """This will read labels, ids and splits, and unpack the features; raises DataError."""
    parts = [_part(path) for path in paths]
    _refuse_widths(parts)
    if not any(_one_of(part.beside, _SPLITS) for part in parts):
        by_split(paths, [part.split for part in parts], name=name)
    stated, grouped = below.beside(FILE), below.beside(SOURCES)
    listed = read_classes(stated) if stated else _listed(parts)
    said = [_said(part) for part in parts]
    labels = labels_of((one for several in said for one in several), listed=listed, where=paths[0].name)
    sources = read_sources(grouped) if grouped else {}
    rows: list[LabelledRow] = []
    found: list[Found] = [
        *labels.found,
        *(Found("ignored_files", p.name) for p in below.arrays if p not in paths),
    ]
    first = 0
    for part, several in zip(parts, said, strict=True):
        for one in _rows(part, several, labels=labels, sources=sources, first=first):
            if isinstance(one, LabelledRow):
                rows.append(one)
            else:
                found.append(one)
        first += len(part.lengths_N)
    return HandedClips(
        name=name,
        format=FORMAT,
        classes=labels.classes,
        rows=rows,
        features=UnpackedFeatures([(part.values, part.lengths_N) for part in parts]),
        files=(*paths, *(path for path in (stated, grouped) if path)),
        found=tuple(found),
        is_named=labels.is_named,
    )


@dataclass(frozen=True)
class _Part:
    """What one file holds; `split` is what its name tells where it holds none."""

    path: Path
    beside: Arrays
    values: FileRows
    lengths_N: NDArray[np.int64]
    split: str | None


def _holds_both(path: Path) -> bool:
    try:
        names = set(names_of(path))
    except DataError:
        return False
    return bool(names & set(_VALUES)) and bool(names & set(_LABELS))


def _part(path: Path) -> _Part:
    beside = read_beside(path, names=_BESIDE)
    values = unpacked(path, name=next(name for name in names_of(path) if name in _VALUES))
    for name, array in beside.items():
        if name != "classes" and len(array) != len(values):
            raise DataError(
                f"{path.name}: {name} has {len(array):,} entries where there are features of {len(values):,} "
                "clips; one for each is accepted."
            )
    split = None if _one_of(beside, _SPLITS) else split_of(path)
    return _Part(path, beside, values, _lengths(path, beside, values), split)


def _lengths(path: Path, beside: Arrays, values: FileRows) -> NDArray[np.int64]:
    count, longest = len(values), values.shape[1] if len(values.shape) == 3 else 1
    lengths_N = beside.get("lengths")
    if lengths_N is None:
        return np.full(count, longest, np.int64)
    if lengths_N.dtype.kind not in "iu" or int(lengths_N.min()) < 1 or int(lengths_N.max()) > longest:
        raise DataError(
            f"{path.name}: lengths are no whole numbers from 1 to {longest:,}, the rows of a clip."
        )
    return lengths_N.astype(np.int64)


def _refuse_widths(parts: Sequence[_Part]) -> None:
    first = parts[0]
    for part in parts:
        if part.values.shape[-1] != first.values.shape[-1]:
            raise DataError(
                f"{part.path.name}: its features have width {part.values.shape[-1]} where those of "
                f"{first.path.name} have {first.values.shape[-1]}; one width for all is accepted."
            )


def _one_of(beside: Arrays, names: Sequence[str]) -> str:
    return next((name for name in names if name in beside), "")


def _listed(parts: Sequence[_Part]) -> list[str] | None:
    lists = {tuple(map(str, part.beside["classes"].tolist())) for part in parts if "classes" in part.beside}
    if len(lists) > 1:
        raise DataError(
            f"{parts[0].path.name} and others state different lists of classes; one list or {FILE} is accepted."
        )
    return list(next(iter(lists))) if lists else None


def _said(part: _Part) -> list[Said]:
    labels = part.beside[_one_of(part.beside, _LABELS)]
    if labels.dtype.kind == "b":
        raise DataError(f"{part.path.name}: labels are of type bool; whole numbers or names are accepted.")
    is_name = labels.dtype.kind == "U"
    return [(None, label) if is_name else (label, None) for label in labels.tolist()]


def _rows(
    part: _Part, said: Sequence[Said], *, labels: Labels, sources: Mapping[str, str], first: int
) -> Iterator[LabelledRow | Found]:
    numbers = {name: number for number, name in enumerate(labels.classes)}
    splits, file = _splits(part), part.path.name
    ids, groups = (part.beside.get(_one_of(part.beside, names)) for names in (_IDS, _SOURCES))
    for number, label in enumerate(said):
        sample_id = f"{part.path.stem}-{number:07d}" if ids is None else str(ids[number])
        source = None if groups is None else str(groups[number])
        split = splits[number]
        odd = next((t for t in (sample_id, source) if t is not None and not _is_text(t)), None)
        if odd is not None:
            yield Found("unreadable_rows", f"its id or source is {shown(odd)}", file, number + 1)
        elif split == _UNCLEAR:
            yield Found(
                "unreadable_rows", f"{sample_id}: its split is none of train, val, test", file, number + 1
            )
        else:
            yield LabelledRow(
                split=split,
                sample_id=sample_id,
                source_id=sources.get(sample_id, source or group_of(sample_id)),
                label=labels.of(label, numbers),
                place=first + number,
                file=file,
                line=number + 1,
            )


def _splits(part: _Part) -> list[str | None]:
    name = _one_of(part.beside, _SPLITS)
    if not name:
        return [part.split] * len(part.lengths_N)
    values = part.beside[name]
    if values.dtype.kind == "U":
        return [split_named(value) or _UNCLEAR for value in values.tolist()]
    if not np.isin(values, (0, 1)).all() or name != "is_train":
        raise DataError(
            f"{part.path.name}: {name} is of type {values.dtype}; accepted is split, of train, val and test, or "
            "is_train, of true and false."
        )
    return ["train" if is_train else "test" for is_train in values.tolist()]


def _is_text(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable()
