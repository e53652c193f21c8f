"""What a person handed in: a folder, an archive, one annotation file, or a dataset that was sealed before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mtkd_engine.data.annotations import find_problems, read_annotations
from mtkd_engine.data.archives.archive import SUFFIXES as ARCHIVES
from mtkd_engine.data.archives.archive import extract, is_archive
from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.clips.finding import FORMATS as CLIP_FORMATS
from mtkd_engine.data.detect import SUFFIXES
from mtkd_engine.data.discovery import AUTO, MOST_FILES, discover, files_below, is_one_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.extractor import Extractor
from mtkd_engine.data.gaze.finding import FORMATS as GAZE_FORMATS
from mtkd_engine.data.images.finding import FORMATS as IMAGE_FORMATS
from mtkd_engine.data.manifest import FILE, SEALED, Manifest, is_sealed, of_discovered, read_manifest
from mtkd_engine.data.masks.finding import FORMATS as MASK_FORMATS
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.readers import Limits
from mtkd_engine.data.rows import Row
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import Sample, WordVectors
from mtkd_engine.data.sealing.sealed import FEATURES, WORDS, read_sealed
from mtkd_engine.data.task import LABELLED, task_of_all

_EXPANSION = 30  # times the size of an archive: text shrinks about tenfold
_SMALLEST_BOUND, _LARGEST_BOUND = 2**30, 2**38

LABELLED_FORMATS = (*IMAGE_FORMATS, *CLIP_FORMATS, *MASK_FORMATS, *GAZE_FORMATS)


@dataclass(frozen=True)
class Handed:
    """Rows as found, and where the rest of the dataset lies."""

    name: str
    format: str
    rows: list[Row]
    folders: tuple[Path, ...] = ()
    features: Path | None = None
    words: Path | None = None
    vectors: WordVectors | None = None
    files: tuple[Path, ...] = field(default=())
    extractor: Extractor | None = None


@dataclass(frozen=True)
class Table:
    """Where to work, how to read, whom to tell."""

    work: Path
    kept: bool
    """Whether the work folder outlives this call, so that another one can go on with what lies there."""
    log: ProblemLog
    progress: Progress
    annotation_format: str = AUTO
    limits: Limits = field(default_factory=Limits)
    words: Path | None = None
    """Word vectors that are handed in by name: they may lie among the rest, but are no annotations."""

    @property
    def aside(self) -> tuple[Path, ...]:
        return () if self.words is None else (self.words,)

    @property
    def kept_work(self) -> Path | None:
        """The work folder where it outlives this call."""
        return self.work if self.kept else None


def take(path: Path, table: Table) -> Handed:
    """This will read the annotations at `path`, extracting archives below the work folder; raises DataError."""
    name = plain_name(path)
    if path.is_dir():
        return _of_folder(path, table, name=name)
    if not path.is_file():
        raise DataError(f"{path.name} is not there; a folder, an archive or an annotation file is accepted.")
    if is_archive(path):
        return _of_folder(_extracted(path, table), table, name=name)
    if path.suffix.lower() not in SUFFIXES:
        accepted = ", ".join((*SUFFIXES, *ARCHIVES))
        raise DataError(
            f"{path.name} is no file of annotations; a folder or a file in {accepted} is accepted."
        )
    return _of_manifest(
        of_discovered(discover((path,), annotation_format=table.annotation_format), name=name), table
    )


def labelled_roots(path: Path, table: Table) -> tuple[Path, ...] | None:
    """This will give the folders with labelled samples at `path`, archives extracted, None where it is none of them.

    Samples may be labelled as wholes or pixel by pixel.
    """
    if table.annotation_format not in (AUTO, *LABELLED_FORMATS):
        return None
    roots: tuple[Path, ...] = (path,)
    if path.is_file() and is_archive(path):
        roots = (_extracted(path, table),)
    elif path.is_dir():
        archives = [found for found in files_below(path) if is_archive(found)]
        roots = (path, *(_extracted(found, table) for found in archives if not is_one_of(found, table.aside)))
    if table.annotation_format in LABELLED_FORMATS:
        return roots
    return roots if task_of_all(roots) in LABELLED else None


def plain_name(path: Path) -> str:
    """This will give the name of what was handed in without the ending of its file."""
    name = path.resolve().name
    ending = next((suffix for suffix in ARCHIVES if name.lower().endswith(suffix)), path.suffix)
    return name if path.is_dir() else name[: len(name) - len(ending)] or name


def _of_folder(folder: Path, table: Table, *, name: str) -> Handed:
    folder = _home(folder)
    if is_sealed(folder):
        return _of_sealed(folder, table)
    if (folder / FILE).is_file():
        return _of_manifest(read_manifest(folder, annotation_format=table.annotation_format), table)
    archives = [path for path in files_below(folder) if is_archive(path) and not is_one_of(path, table.aside)]
    roots = (folder, *(_extracted(path, table) for path in archives))
    found = discover(roots, annotation_format=table.annotation_format, aside=table.aside)
    return _of_manifest(of_discovered(found, name=name), table)


def _home(folder: Path) -> Path:
    """Go down while there is nothing but one folder: archives often hold everything in one."""
    while True:
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].is_symlink():
            return folder
        folder = inside[0]


def _extracted(archive: Path, table: Table) -> Path:
    """Extract an archive, unless the work folder holds what an earlier call made of it."""
    status = archive.stat()
    target = table.work / "extracted" / f"{archive.name}-{status.st_size}-{status.st_mtime_ns}"
    if not target.is_dir():
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        most = min(max(_SMALLEST_BOUND, _EXPANSION * status.st_size), _LARGEST_BOUND)
        try:
            extract(archive, part, most_bytes=most, most_files=MOST_FILES, progress=table.progress)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _of_manifest(manifest: Manifest, table: Table) -> Handed:
    rows = read_annotations(manifest, log=table.log, limits=table.limits, progress=table.progress).rows
    features = manifest.features_of({row.video_id for row in rows})
    stated = manifest.folder / FILE
    used = [
        *(file.path for file in manifest.files),
        *manifest.durations,
        table.words or manifest.words,
        features,
    ]
    if not manifest.searched:
        used.append(stated)
    folders = manifest.searched or (manifest.folder,)
    return Handed(
        name=manifest.name,
        format=manifest.format,
        rows=rows,
        folders=tuple(folder for folder in folders if folder.is_dir()),
        features=features,
        words=table.words or manifest.words,
        files=tuple(path for path in used if path is not None),
        extractor=manifest.extractor,
    )


def _of_sealed(folder: Path, table: Table) -> Handed:
    sealed = read_sealed(folder)
    rows = list(_rows(sealed.splits))
    find_problems(rows, table.log)
    used = [folder / FILE, folder / SAMPLES, folder / FEATURES, table.words or folder / WORDS]
    return Handed(
        name=sealed.name,
        format=SEALED,
        rows=rows,
        folders=(folder,),
        features=sealed.features,
        words=table.words,
        vectors=sealed.words,
        files=tuple(path for path in used if path.is_file()),
        extractor=sealed.extractor,
    )


def _rows(splits: dict[str, tuple[Sample, ...]]) -> Iterator[Row]:
    line = 0
    for split, samples in splits.items():
        for sample in samples:
            line += 1
            yield Row(
                split=split,
                sample_id=sample.sample_id,
                video_id=sample.video_id,
                source_id=sample.source_id,
                duration=sample.duration,
                windows=sample.windows,
                sentence=sample.sentence,
                file=SAMPLES,
                line=line,
            )
