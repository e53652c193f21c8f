"""What lists say of clips, line by line, made into rows: each label held against the classes, each path found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.labels import Labels, Said, labels_of
from mtkd_engine.data.clips.places import Places
from mtkd_engine.data.clips.rows import FrameFolder, Given, HandedClips
from mtkd_engine.data.clips.sources import group_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.classes import FILE, SOURCES, read_classes, read_sources
from mtkd_engine.data.labelled.rows import Found, LabelledRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip as a list says it; `frames` is the number of images where the path is a folder of them."""

    path: str
    said: Said
    split: str | None
    file: str = ""
    line: int | None = None
    frames: int | None = None
    sample_id: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Read:
    """What was read out of lists: entries, what is to be said of the rest, and names of classes where listed."""

    format: str
    entries: Sequence[Entry]
    files: Sequence[Path]
    found: Sequence[Found] = ()
    classes: Sequence[str] | None = None
    is_whole: bool = True
    """Whether what the lists leave out should be told."""


def apart(said: Iterable[Entry | Found]) -> tuple[list[Entry], list[Found]]:
    """This will part entries from what is to be said of other lines."""
    entries: list[Entry] = []
    found: list[Found] = []
    for one in said:
        if isinstance(one, Entry):
            entries.append(one)
        else:
            found.append(one)
    return entries, found


def handed_of(read: Read, below: Below, *, name: str) -> HandedClips:
    """This will give the clips of lists as rows; classes.json and sources.csv beside them count. Raises DataError."""
    classes_file, sources_file = below.beside(FILE), below.beside(SOURCES)
    listed = read_classes(classes_file) if classes_file else read.classes
    where = read.files[0].name if len(read.files) == 1 else name
    labels = labels_of((entry.said for entry in read.entries), listed=listed, where=where)
    sources = read_sources(sources_file) if sources_file else {}
    given, found = _given(read.entries, below)
    rows, clips = _rows(read.entries, given, labels=labels, sources=sources)
    beside = [path for path in (classes_file, sources_file) if path]
    found = [*read.found, *labels.found, *found]
    if read.is_whole:
        found += _unlisted(below, given, of_folders=any(entry.frames is not None for entry in read.entries))
    return HandedClips(
        name=name,
        format=read.format,
        classes=labels.classes,
        rows=rows,
        given=clips,
        files=(*read.files, *beside, *(clip for clip in clips if isinstance(clip, Path))),
        found=tuple(found),
        is_named=labels.is_named,
    )


def _given(entries: Sequence[Entry], below: Below) -> tuple[list[Given | None], list[Found]]:
    """Where each entry's clip lies, None for what is not there, which is told."""
    videos, folders = Places(below.videos), Places(below.frames)
    by_list: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for entry in entries:
        by_list[entry.file, entry.frames is None].append(entry.path)
    bases = {key: (videos if key[1] else folders).base(listed) for key, listed in by_list.items()}
    given: list[Given | None] = []
    found: list[Found] = []
    for entry in entries:
        base = bases[entry.file, entry.frames is None]
        clip, said = _one(
            entry, below, (videos if entry.frames is None else folders).find(entry.path, base=base)
        )
        given.append(clip)
        if clip is None:
            found.append(Found("missing_files", f"{entry.path}: {said}", entry.file, entry.line))
    return given, found


def _one(entry: Entry, below: Below, path: str | None) -> tuple[Given | None, str]:
    if path is None:
        return None, "the file is not there" if entry.frames is None else "the folder is not there"
    if entry.frames is None:
        return below.videos[path], ""
    there = below.frames[path]
    if there.count < entry.frames:
        return None, f"the folder holds {there.count:,} of its {entry.frames:,} frames"
    return FrameFolder(there.path, entry.frames), ""


def _rows(
    entries: Sequence[Entry], given: Sequence[Given | None], *, labels: Labels, sources: Mapping[str, str]
) -> tuple[list[LabelledRow], list[Given]]:
    numbers = {name: number for number, name in enumerate(labels.classes)}
    places: dict[Given, int] = {}
    rows = []
    for entry, clip in zip(entries, given, strict=True):
        if clip is None:
            continue
        sample_id = entry.sample_id or entry.path
        rows.append(
            LabelledRow(
                split=entry.split,
                sample_id=sample_id,
                source_id=sources.get(sample_id, entry.source or group_of(entry.path)),
                label=labels.of(entry.said, numbers),
                place=places.setdefault(clip, len(places)),
                file=entry.file or sample_id,
                line=entry.line,
            )
        )
    return rows, list(places)


def _unlisted(below: Below, given: Sequence[Given | None], *, of_folders: bool) -> list[Found]:
    if of_folders:
        return []
    used = {clip for clip in given if isinstance(clip, Path)}
    return [Found("unlisted_clips", path) for path, video in below.videos.items() if video not in used]


def by_split(
    paths: Sequence[Path], splits: Sequence[str | None], *, name: str
) -> list[tuple[Path, str | None]]:
    """This will give lists with the splits that their names tell; raises DataError where some tell none or the same."""
    counts = Counter(splits)
    for path, split in zip(paths, splits, strict=True):
        if split is None and len(counts) > 1:
            raise DataError(
                f"{name}: the name of {path.name} tells no split while those of others do; a split in every name "
                "or one single list is accepted."
            )
        if counts[split] > 1:
            several = ", ".join(other.name for other, of in zip(paths, splits, strict=True) if of == split)
            what = f"the split {split}" if split else "clips without a split in the name"
            raise DataError(f"{name} has several lists for {what} ({several}); one is accepted.")
    return list(zip(paths, splits, strict=True))
