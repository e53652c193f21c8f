"""dataset.json: what a dataset folder is made of."""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import read_json_object

FILE = "dataset.json"
FORMAT = "mtkd.dataset/1"
TASKS = ("grounding",)
SPLITS = ("train", "val", "test")
_KEYS = ("format", "task", "name", "annotations", "annotation_format", "features", "source_pattern")
_LONGEST_PATTERN = 100


@dataclass(frozen=True)
class Manifest:
    """The checked content of dataset.json, or what was found in a folder without one."""

    folder: Path
    task: str
    name: str
    annotations: dict[str, Path]
    features: Path
    source_pattern: re.Pattern[str] | None = field(default=None)

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


def read_manifest(folder: Path) -> Manifest:
    """Read dataset.json of a folder, or work it out from the file names where there is none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; a dataset is a folder with annotations and features.")
    return _declared(folder) if (folder / FILE).is_file() else _discovered(folder)


def _declared(folder: Path) -> Manifest:
    content = read_json_object(folder / FILE)
    for key in content:
        if key not in _KEYS:
            raise DataError(f"{FILE}: unknown key {shown(key)}; accepted are {', '.join(_KEYS)}.")
    _one_of(content, "format", (FORMAT,))
    task = _one_of(content, "task", TASKS)
    _one_of({"annotation_format": "activitynet", **content}, "annotation_format", ("activitynet",))
    annotations = content.get("annotations")
    if not isinstance(annotations, dict):
        raise DataError(f"{FILE}: annotations is {shown(annotations)}; an object split -> file is accepted.")
    for split in annotations:
        if split not in SPLITS:
            raise DataError(
                f"{FILE}: annotations has the split {shown(split)}; accepted are {', '.join(SPLITS)}."
            )
    for split in ("train", "test"):
        if split not in annotations:
            raise DataError(f"{FILE}: annotations lacks the split {split!r}; train and test are needed.")
    return Manifest(
        folder=folder,
        task=task,
        name=_text(content, "name"),
        annotations={
            split: _inside(folder, _text(annotations, split, where=f"annotations.{split}"))
            for split in SPLITS
            if split in annotations
        },
        features=_inside(folder, _text(content, "features")),
        source_pattern=_pattern(_text(content, "source_pattern")) if "source_pattern" in content else None,
    )


def _discovered(folder: Path) -> Manifest:
    annotations = {split: path for split in SPLITS if (path := _annotation_file(folder, split)) is not None}
    for split in ("train", "test"):
        if split not in annotations:
            raise DataError(
                f"{folder.name} has neither {FILE} nor a file {split}.json or *_{split}.json; "
                "one of them is needed."
            )
    archives = sorted(folder.glob("*.npz"))
    if len(archives) != 1:
        raise DataError(
            f"{folder.name} has no {FILE} and {len(archives)} .npz files; "
            "with exactly one it is taken as features."
        )
    return Manifest(
        folder=folder,
        task="grounding",
        name=folder.resolve().name,
        annotations=annotations,
        features=_inside(folder, archives[0].name),
    )


def _annotation_file(folder: Path, split: str) -> Path | None:
    if (folder / f"{split}.json").is_file():
        return _inside(folder, f"{split}.json")
    found = sorted(folder.glob(f"*_{split}.json"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DataError(f"{folder.name} has several files for the split {split} ({names}); one is accepted.")
    return _inside(folder, found[0].name) if found else None


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    relative = PurePosixPath(name)
    try:
        is_outside = not path.resolve().is_relative_to(folder.resolve())
        is_there = path.is_file()
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
