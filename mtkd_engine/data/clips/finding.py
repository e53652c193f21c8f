"""Labelled clips in folders that somebody handed in: which form they have, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mtkd_engine.data.clips.below import VIDEOS, Below, look_below
from mtkd_engine.data.clips.entries import Read, handed_of
from mtkd_engine.data.clips.readers.arrays import FORMAT as ARRAYS
from mtkd_engine.data.clips.readers.arrays import feature_files, read_features
from mtkd_engine.data.clips.readers.folders import FORMAT as FOLDERS
from mtkd_engine.data.clips.readers.folders import are_class_folders, read_class_folders
from mtkd_engine.data.clips.readers.hmdb import FORMAT as HMDB
from mtkd_engine.data.clips.readers.hmdb import lists_of_hmdb, read_hmdb
from mtkd_engine.data.clips.readers.lists import FRAME_LIST, VIDEO_LIST, lists_in, read_lists
from mtkd_engine.data.clips.readers.table import FORMAT as TABLE
from mtkd_engine.data.clips.readers.table import read_tables, tables_in
from mtkd_engine.data.clips.readers.ucf import FORMAT as UCF
from mtkd_engine.data.clips.readers.ucf import lists_of_ucf, read_ucf
from mtkd_engine.data.clips.rows import HandedClips, Stretch
from mtkd_engine.data.clips.sealed import kind_of, read_sealed_clips
from mtkd_engine.data.clips.store import STREAMS
from mtkd_engine.data.clips.unpacked import names_of
from mtkd_engine.data.detect import SUFFIXES as ANNOTATIONS
from mtkd_engine.data.detect import format_of
from mtkd_engine.data.discovery import AUTO
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.home import home_of
from mtkd_engine.data.labelled.rows import Found
from mtkd_engine.data.labelled.samples import rows_of
from mtkd_engine.data.manifest import SEALED, is_sealed
from mtkd_engine.data.readers import READERS

FORMATS = (UCF, HMDB, TABLE, VIDEO_LIST, FRAME_LIST, FOLDERS, ARRAYS)
ACCEPTED = (
    f"folders of classes with videos ({', '.join(VIDEOS)}), lists of `path label` or `folder frames label`, the "
    "official lists of UCF101 and HMDB51, a CSV with the columns file and label, .npz files with features and labels"
)


def holds_clips(roots: Iterable[Path]) -> bool:
    """This will say whether folders hold labelled clips or features of them, sealed or not.

    Where annotations of moments in videos lie beside the videos, these are theirs.
    """
    places = [home_of(root, suffixes=VIDEOS) for root in roots]
    sealed = [place for place in places if is_sealed(place)]
    if sealed:
        return any(kind_of(place) is not None for place in sealed)
    return _form_of(look_below(places)) is not None


def find_clips(roots: Sequence[Path], *, name: str, form: str = AUTO) -> HandedClips:
    """This will list labelled clips below folders, which count as one, or in one file of features; raises DataError.

    `form` is one of FORMATS where somebody says which; otherwise the most telling one that is there is taken.
    """
    places = [home_of(root, suffixes=VIDEOS) for root in roots]
    sealed = [place for place in places if kind_of(place) is not None]
    if sealed and form in (AUTO, SEALED):
        return _of_sealed(sealed[0])
    below = look_below(places)
    chosen = _form_of(below) if form == AUTO else form
    if chosen is None or not _has(below, chosen):
        raise _refusal(below, name=name, form=form)
    return _read(below, form=chosen, name=name)


def _form_of(below: Below) -> str | None:
    if any(path.suffix.lower() in ANNOTATIONS and format_of(path) in READERS for path in _texts(below)):
        return None
    return next((form for form in FORMATS if _has(below, form)), None)


def _texts(below: Below) -> tuple[Path, ...]:
    return (*below.lists, *below.others)


def _has(below: Below, form: str) -> bool:
    if form == UCF:
        return bool(lists_of_ucf(below))
    if form == HMDB:
        return bool(lists_of_hmdb(below))
    if form == TABLE:
        return bool(tables_in(below))
    if form == FOLDERS:
        return are_class_folders(below)
    if form == ARRAYS:
        return bool(feature_files(below))
    found = lists_in(below)
    return found is not None and found[0] == form


def _read(below: Below, *, form: str, name: str) -> HandedClips:
    if form == ARRAYS:
        return read_features(below, paths=feature_files(below), name=name)
    read: Read
    if form == UCF:
        read = read_ucf(below, paths=lists_of_ucf(below), name=name)
    elif form == HMDB:
        read = read_hmdb(lists_of_hmdb(below))
    elif form == TABLE:
        read = read_tables(below, paths=tables_in(below), name=name)
    elif form == FOLDERS:
        read = read_class_folders(below)
    else:
        found = lists_in(below)
        assert found is not None
        read = read_lists(below, form=form, paths=found[1], name=name)
    return handed_of(read, below, name=name)


def _refusal(below: Below, *, name: str, form: str) -> DataError:
    for path in below.arrays[:1]:
        names_of(path)  # says what is wrong with a broken one
    if form != AUTO:
        return DataError(f"{name} holds no labelled clips of the form {form}; accepted are {ACCEPTED}.")
    count = len(below.videos)
    what = f"holds {count:,} video(s) but nothing that labels them" if count else "holds no labelled clips"
    return DataError(f"{name} {what}; accepted are {ACCEPTED}.")


def _of_sealed(folder: Path) -> HandedClips:
    """A sealed dataset as somebody handed it in: its streams are a stranger's, to be read as any other video."""
    sealed = read_sealed_clips(folder)
    files = tuple(path for path in sorted(folder.iterdir()) if path.is_file())
    handed = HandedClips(
        name=sealed.name,
        format=SEALED,
        classes=sealed.classes,
        rows=rows_of(sealed.splits),
        files=files,
        features=sealed.features,
    )
    if sealed.clips is None:
        return handed
    stretches = [
        Stretch(folder / STREAMS, *sealed.clips.stretch(place)) for place in range(len(sealed.clips))
    ]
    said = Found("encoded_again", f"{len(stretches):,} streams of {folder.name}")
    return replace(handed, given=stretches, found=(said,))
