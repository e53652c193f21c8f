"""Pictures and videos with gaze in folders that somebody handed in: which form they have, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mtkd_engine.data.clips.below import VIDEOS
from mtkd_engine.data.clips.places import Places
from mtkd_engine.data.clips.rows import Given
from mtkd_engine.data.discovery import AUTO, files_below
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.readers.layouts import FORMAT as LAYOUT
from mtkd_engine.data.gaze.readers.layouts import layout_of, read_layout
from mtkd_engine.data.gaze.readers.tables import FORMAT as TABLE
from mtkd_engine.data.gaze.readers.tables import Tables, read_tables, tables_in
from mtkd_engine.data.gaze.rows import HandedGaze, Looked
from mtkd_engine.data.gaze.sealed import kind_of, read_sealed_gaze
from mtkd_engine.data.gaze.unsealed import handed_of
from mtkd_engine.data.images.kinds import SUFFIXES
from mtkd_engine.data.images.readers.folders import FolderImages
from mtkd_engine.data.labelled.classes import SOURCES, read_sources
from mtkd_engine.data.labelled.home import home_of
from mtkd_engine.data.labelled.rows import Found, LabelledRow
from mtkd_engine.data.manifest import SEALED, is_sealed

FORMATS = (TABLE, LAYOUT)
ACCEPTED = (
    "a CSV with the columns image or video, x and y beside pictures or videos, pictures in images/ with maps/ or "
    "fixations/ of the same names, the folders of DHF1K"
)
_ALIKE = 0
"""The label of every row: there are no classes."""


def holds_gaze(roots: Iterable[Path]) -> bool:
    """This will say whether folders hold pictures or videos with gaze, sealed or not."""
    places = [home_of(root, suffixes=(*SUFFIXES, *VIDEOS)) for root in roots]
    if any(is_sealed(place) for place in places):
        return any(kind_of(place) is not None for place in places)
    files = [path for place in places for path in files_below(place)]
    has_seen = any(path.suffix.lower() in (*SUFFIXES, *VIDEOS) for path in files)
    return has_seen and (
        bool(tables_in(files)) or any(layout_of(place, files_below(place)).is_any for place in places)
    )


def find_gaze(roots: Sequence[Path], *, name: str, form: str = AUTO) -> HandedGaze:
    """This will list what people looked at below folders, which count as one; raises DataError.

    `form` is one of FORMATS where somebody says which; tables go before picture files of maps otherwise.
    """
    places = [home_of(root, suffixes=(*SUFFIXES, *VIDEOS)) for root in roots]
    sealed = [place for place in places if kind_of(place) is not None]
    if sealed and form in (AUTO, SEALED):
        return handed_of(read_sealed_gaze(sealed[0]), sealed[0])
    files = {path: place for place in places for path in files_below(place)}
    tables = tables_in(list(files)) if form in (AUTO, TABLE) else []
    if tables:
        return _of_tables(read_tables(tables, name=name), files, name=name)
    for place in places:
        layout = layout_of(place, files_below(place))
        if layout.is_any and form in (AUTO, LAYOUT):
            return _of_layout(place, list(files), name=name)
    raise DataError(f"{name} holds nothing that people looked at; accepted are {ACCEPTED}.")


def _of_tables(tables: Tables, files: Mapping[Path, Path], *, name: str) -> HandedGaze:
    suffixes = VIDEOS if tables.is_video else SUFFIXES
    there = {
        path.relative_to(place).as_posix(): path
        for path, place in files.items()
        if path != place and path.suffix.lower() in suffixes
    }
    known = Places(there if tables.is_video else [*there, *_bare(there)])
    base = known.base([item.name for item in tables.items])
    rows: list[LabelledRow] = []
    given: list[Path] = []
    looked: list[Looked] = []
    found = list(tables.found)
    sources = _sources(files)
    by_bare = _bare(there)
    for item in tables.items:
        path = known.find(item.name, base=base) or known.find(item.name, base="")
        if path is None:
            found.append(Found("missing_files", f"{item.name}: the file is not there", item.file, item.line))
            continue
        source = sources.get(item.name, item.source)
        rows.append(LabelledRow(item.split, item.name, source, _ALIKE, len(given), item.file, item.line))
        given.append(there.get(path) or there[by_bare[path]])
        looked.append(Looked(listed=item.listed(tables.unit)))
    used = set(given)
    found += [Found("unlisted_samples", key) for key, path in there.items() if path not in used]
    return _handed(
        rows,
        given,
        looked,
        name=name,
        form=TABLE,
        found=found,
        files=(*tables.files, *given),
        root=next(iter(files.values())),
    )


def _of_layout(root: Path, files: Sequence[Path], *, name: str) -> HandedGaze:
    layout = layout_of(root, files_below(root))
    laid = read_layout(layout, name=name)
    sources = _sources(dict.fromkeys(files, root))
    rows = [
        LabelledRow(one.split, one.sample_id, sources.get(one.sample_id), _ALIKE, place, one.sample_id)
        for place, one in enumerate(laid)
    ]
    given = [one.given for one in laid]
    seen = [path for path in given if isinstance(path, Path)]
    parts = [path for one in laid for path in (*one.looked.maps, *one.looked.points) if path is not None]
    used = set(seen)
    there = layout.videos if layout.videos else layout.seen
    unlisted = [] if len(used) < len(given) else [key for key, path in there.items() if path not in used]
    found = [Found("unlisted_samples", key) for key in unlisted]
    looked = [one.looked for one in laid]
    return _handed(
        rows,
        given,
        looked,
        name=name,
        form=LAYOUT,
        found=found,
        files=(*seen, *(path for path in parts if isinstance(path, Path))),
        root=root,
    )


def _handed(
    rows: list[LabelledRow],
    given: Sequence[Given],
    looked: Sequence[Looked],
    *,
    name: str,
    form: str,
    found: Sequence[Found],
    files: tuple[Path, ...],
    root: Path,
) -> HandedGaze:
    paths = [path for path in given if isinstance(path, Path)]
    are_pictures = len(paths) == len(given) and all(path.suffix.lower() in SUFFIXES for path in paths)
    if len(paths) < len(given):
        found = [*found, Found("assumed_rate", f"{len(given) - len(paths):,} videos are handed in as frames")]
    return HandedGaze(
        name=name,
        format=form,
        classes=(),
        rows=rows,
        files=files,
        found=tuple(found),
        store=FolderImages(root, paths) if are_pictures else None,
        given=() if are_pictures else given,
        looked=looked,
    )


def _sources(files: Mapping[Path, Path]) -> dict[str, str]:
    listed = next((path for path, place in files.items() if path == place / SOURCES), None)
    return read_sources(listed) if listed else {}


def _bare(there: Mapping[str, Path]) -> dict[str, str]:
    """Paths without the ending of a picture, of those that are alone with theirs."""
    found: dict[str, list[str]] = {}
    for path in there:
        found.setdefault(path.rpartition(".")[0], []).append(path)
    return {bare: paths[0] for bare, paths in found.items() if len(paths) == 1}
