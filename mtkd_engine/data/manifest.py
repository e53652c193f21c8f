"""dataset.json: what a dataset folder is made of."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mtkd_engine.data.discovery import AUTO, Discovered, discover, find_features
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.extractor import Extractor, read_extractor
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.readers import READERS, AnnotationFile
from mtkd_engine.data.split import SPLITS

FILE = "dataset.json"
FORMAT = "mtkd.dataset/1"
SEALED = "mtkd.dataset/2"
TASKS = ("grounding",)
_KEYS = (
    "format",
    "task",
    "name",
    "annotations",
    "annotation_format",
    "durations",
    "features",
    "words",
    "source_pattern",
    "extractor",
)
_LONGEST_PATTERN = 100


@dataclass(frozen=True)
class Manifest:
    """The checked content of dataset.json, or what was found in a folder without one."""

    folder: Path
    task: str
    name: str
    files: tuple[AnnotationFile, ...]
    format: str
    durations: tuple[Path, ...] = ()
    features: Path | None = None
    words: Path | None = None
    source_pattern: re.Pattern[str] | None = field(default=None)
    extractor: Extractor | None = None
    ignored: tuple[str, ...] = ()
    searched: tuple[Path, ...] = ()
    """Folders without dataset.json: features are looked for there once the videos are known."""

    def features_of(self, videos: Collection[str]) -> Path | None:
        """This will give the file or folder with the features of these videos, if there is one."""
        return find_features(self.searched, videos=videos, name=self.name) if self.searched else self.features

    def source_of(self, video_id: str) -> str:
        """Give the source (group) of a video: the pattern's first group, or the video id itself."""
        if self.source_pattern is None:
            return video_id
        match = self.source_pattern.search(video_id)
        if match is None:
            raise DataError(
                f"{FILE}: source_pattern {shown(self.source_pattern.pattern)} does not match "
                f"video {shown(video_id)}; it must match every video."
            )
        return (match.group(1) if match.re.groups else match.group(0)) or ""


def read_manifest(folder: Path, *, annotation_format: str = AUTO) -> Manifest:
    """Read dataset.json of a folder, or work it out from the files where there is none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; a dataset is a folder with annotations and features.")
    if (folder / FILE).is_file():
        return _declared(folder, annotation_format=annotation_format)
    return of_discovered(discover((folder,), annotation_format=annotation_format), name=folder.resolve().name)


def of_discovered(found: Discovered, *, name: str) -> Manifest:
    """This will make a manifest of what was found in folders without one."""
    return Manifest(
        folder=found.roots[0],
        task="grounding",
        name=name,
        files=found.files,
        format=found.format,
        durations=found.durations,
        words=found.words,
        ignored=found.ignored,
        searched=found.roots,
    )


def is_sealed(folder: Path) -> bool:
    """This will say whether a folder is a sealed dataset."""
    try:
        return read_json_object(folder / FILE).get("format") == SEALED
    except DataError:
        return False


def _declared(folder: Path, *, annotation_format: str) -> Manifest:
    content = read_json_object(folder / FILE)
    for key in content:
        if key not in _KEYS:
            raise DataError(f"{FILE}: unknown key {shown(key)}; accepted are {', '.join(_KEYS)}.")
    _one_of(content, "format", (FORMAT,))
    task = _one_of(content, "task", TASKS)
    stated = _one_of({"annotation_format": "activitynet", **content}, "annotation_format", tuple(READERS))
    return Manifest(
        folder=folder,
        task=task,
        name=_text(content, "name"),
        files=_annotations(folder, content.get("annotations")),
        format=stated if annotation_format == AUTO else annotation_format,
        durations=_durations(folder, content.get("durations", [])),
        features=_optional(folder, content, "features"),
        words=_optional(folder, content, "words"),
        source_pattern=_pattern(_text(content, "source_pattern")) if "source_pattern" in content else None,
        extractor=read_extractor(content.get("extractor"), file=FILE),
    )


def _annotations(folder: Path, annotations: object) -> tuple[AnnotationFile, ...]:
    if not isinstance(annotations, dict) or not annotations:
        raise DataError(f"{FILE}: annotations is {shown(annotations)}; an object split -> file is accepted.")
    accepted = (*SPLITS, "all")
    for split in annotations:
        if split not in accepted:
            raise DataError(
                f"{FILE}: annotations has the split {shown(split)}; accepted are {', '.join(accepted)}."
            )
    if "all" in annotations and len(annotations) > 1:
        raise DataError(f"{FILE}: annotations has 'all' and other splits; either is accepted.")
    files = []
    for split in accepted:
        if split in annotations:
            path = _inside(folder, _text(annotations, split, where=f"annotations.{split}"))
            files.append(AnnotationFile(path=path, name=path.name, split=None if split == "all" else split))
    return tuple(files)


def _durations(folder: Path, durations: object) -> tuple[Path, ...]:
    names = [durations] if isinstance(durations, str) else durations
    if not isinstance(names, list):
        raise DataError(f"{FILE}: durations is {shown(durations)}; a file or a list of files is accepted.")
    return tuple(_inside(folder, _text({"durations": name}, "durations")) for name in names)


def _optional(folder: Path, content: dict[str, object], key: str) -> Path | None:
    return _inside(folder, _text(content, key), or_folder=True) if content.get(key) is not None else None


def _inside(folder: Path, name: str, *, or_folder: bool = False) -> Path:
    path = folder / name
    relative = PurePosixPath(name)
    try:
        is_outside = not path.resolve().is_relative_to(folder.resolve())
        is_there = path.is_file() or (or_folder and path.is_dir())
    except (OSError, RuntimeError) as error:  # a name too long, a link to itself
        raise DataError(f"{FILE}: {shown(name)} cannot be used as a file name ({_cause(error)}).") from None
    if is_outside or relative.is_absolute() or ".." in relative.parts:
        raise DataError(
            f"{FILE}: {shown(name)} leads out of the dataset; a file inside its folder is accepted."
        )
    if not is_there:
        raise DataError(f"{folder.name} lacks the file {shown(name)}; every file of the manifest must exist.")
    return path


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it leads in a circle"


def _pattern(text: str) -> re.Pattern[str]:
    # Repeated groups are what makes matching take exponential time, and datasets come from others.
    if len(text) > _LONGEST_PATTERN or re.search(r"\)\s*[*+?{]", text) or len(re.findall(r"[*+{]", text)) > 4:
        raise DataError(
            f"{FILE}: source_pattern {shown(text)} is too involved; up to {_LONGEST_PATTERN} characters "
            "with at most 4 repetitions and no repeated group are accepted."
        )
    try:
        return re.compile(text)
    except re.error as error:
        raise DataError(
            f"{FILE}: source_pattern {shown(text)} is not a regular expression ({error})."
        ) from None


def _one_of(content: dict[str, object], key: str, accepted: tuple[str, ...]) -> str:
    value = content.get(key)
    if value not in accepted:
        raise DataError(f"{FILE}: {key} is {shown(value)}; accepted: {', '.join(accepted)}.")
    return str(value)


def _text(content: dict[str, object], key: str, *, where: str | None = None) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise DataError(
            f"{FILE}: {where or key} is {shown(value)}; a non-empty text on one line is accepted."
        )
    return value
