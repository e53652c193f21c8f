"""Images in folders of their class: train/cat/x.png, or cat/x.png where no splits are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtkd_engine.data.detect import split_named
from mtkd_engine.data.discovery import files_below
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import MOST_BYTES
from mtkd_engine.data.images.kinds import SUFFIXES
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.classes import FILE, SOURCES, checked_classes, read_classes, read_sources
from mtkd_engine.data.labelled.rows import UNKNOWN, Found, LabelledRow

FORMAT = "class_folders"


class FolderImages(ImageStore):
    """Images as files of their own."""

    def __init__(self, root: Path, paths: Sequence[Path]) -> None:
        super().__init__()
        self._root = root
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def encoded(self, place: int) -> bytes:
        """This will read the file; raises DataError."""
        try:
            with self._paths[place].open("rb") as stream:
                return stream.read(MOST_BYTES + 1)  # what is larger is refused when it is looked at
        except OSError as error:
            raise DataError(f"it cannot be read ({error.strerror}).") from None

    def named(self, place: int) -> str:
        """This will give the path below the dataset."""
        return self._paths[place].relative_to(self._root).as_posix()


def read_folders(root: Path, *, name: str) -> HandedImages:
    """This will list images below `root`; the class is the folder below the root, or below that of the split.

    The names in classes.json, where there is one, are the classes in their order, else those of the folders sorted.
    Raises DataError.
    """
    images: list[Path] = []
    others: list[Path] = []
    for path in files_below(root):
        (images if path.suffix.lower() in SUFFIXES else others).append(path)
    listed = next((path for path in others if path == root / FILE), None)
    grouped = next((path for path in others if path == root / SOURCES), None)
    has_splits = _has_splits(images, root)
    stated = {path: _place_of(path, root, has_splits=has_splits) for path in images}
    found = {label for _, label in stated.values() if label is not None}
    classes = (
        read_classes(listed) if listed else checked_classes(sorted(found), where="the folders of classes")
    )
    numbers = {label: number for number, label in enumerate(classes)}
    sources = read_sources(grouped) if grouped else {}
    rows: list[LabelledRow] = []
    said = [Found("ignored_files", path.name, path.name) for path in others if path not in (listed, grouped)]
    for place, path in enumerate(images):
        split, label = stated[path]
        sample_id = path.relative_to(root).as_posix()
        if label is None:
            said.append(Found("unreadable_rows", "it lies in no folder of a class", sample_id))
            continue
        rows.append(
            LabelledRow(
                split=split,
                sample_id=sample_id,
                source_id=sources.get(sample_id),
                label=numbers.get(label, UNKNOWN),
                place=place,
                file=sample_id,
            )
        )
    return HandedImages(
        name=name,
        format=FORMAT,
        classes=classes,
        rows=rows,
        store=FolderImages(root, images),
        files=tuple(path for path in (listed, grouped, *images) if path is not None),
        found=tuple(said),
    )


def _has_splits(images: Iterable[Path], root: Path) -> bool:
    tops = {path.relative_to(root).parts[0] for path in images if path.parent != root}
    splits = {top for top in tops if split_named(top) is not None}
    if splits and splits != tops:
        other = sorted(tops - splits)[0]
        raise DataError(
            f"{root.name} has the folders {sorted(splits)[0]!r}, a split, and {other!r}, which is none; accepted are "
            "folders of splits with folders of classes in them, or folders of classes alone."
        )
    by_split = {split_named(top): top for top in splits}
    if len(by_split) < len(splits):
        raise DataError(
            f"{root.name} has several folders for one split ({', '.join(sorted(splits))}); one each is accepted."
        )
    return bool(splits)


def _place_of(path: Path, root: Path, *, has_splits: bool) -> tuple[str | None, str | None]:
    *folders, _ = path.relative_to(root).parts
    split = split_named(folders.pop(0)) if has_splits and folders else None
    return split, folders[0] if folders else None
