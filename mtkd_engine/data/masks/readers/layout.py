"""Which files are pictures, which are masks, and which belong together: told by the names of folders and files.

Known are folders of both kinds side by side (images and masks, labels or annotations), with folders of splits above
or below them; CamVid (train and trainannot; x.png and x_L.png); ADE20K (images/training and annotations/training);
Pascal VOC (JPEGImages, SegmentationClass and lists in ImageSets); and x.jpg beside x_mask.png.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.detect import split_named
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.kinds import SUFFIXES

_IMAGES = frozenset({"image", "images", "img", "imgs", "jpegimages", "pictures", "photos", "rgb"})
_MASKS = frozenset(
    {
        "mask",
        "masks",
        "label",
        "labels",
        "annotation",
        "annotations",
        "annot",
        "annots",
        "segmentation",
        "segmentations",
        "segmentationclass",
        "gt",
        "groundtruth",
        "ground_truth",
        "labelmaps",
    }
)
_OTHERS = frozenset({"segmentationobject", "instances", "maps", "fixation", "fixations", "depth"})
"""What is told of pictures besides: no masks of classes, and no pictures."""
_SPLIT_AND_KIND = re.compile(r"(training|train|validation|valid|val|testing|test)[_\-]?([a-z]+)")
_MARKS = ("_mask", "_masks", "_label", "_labels", "_l", "_gt", "_seg", "_segmentation")
_PHOTOS = (".jpg", ".jpeg", ".webp")
_LISTS = "imagesets"
Key = tuple[str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Pair:
    """A picture, its mask where there is one, and its split where one is told."""

    image: Path
    mask: Path | None
    split: str | None


@dataclass(frozen=True)
class Paired:
    """Pictures with their masks, and files that are neither."""

    pairs: tuple[Pair, ...]
    unused_masks: tuple[Path, ...]
    others: tuple[Path, ...]
    in_folders: int
    """Masks that lie in folders named so."""

    @property
    def is_likely(self) -> bool:
        """Whether these are pictures with masks, not pictures whose names happen to be alike."""
        held = sum(pair.mask is not None for pair in self.pairs)
        return bool(held) and 2 * held >= min(len(self.pairs), self.in_folders or len(self.pairs))


@dataclass(frozen=True)
class _Told:
    """What the path of a file tells: split, whether it is a mask, and what it shares with its partner."""

    split: str | None
    is_mask: bool | None
    key: tuple[str, ...]


def pairs_of(files: Iterable[Path], *, root: Path) -> Paired:
    """This will find pairs among the files below a folder, in the order of the pictures; raises DataError."""
    images: dict[Key, Path] = {}
    masks: dict[Key, Path] = {}
    unclear: list[tuple[Key, Path]] = []
    others: list[Path] = []
    for path in files:
        told = _told(path.relative_to(root)) if path.suffix.lower() in SUFFIXES else None
        if told is None:
            others.append(path)
        elif told.is_mask is None and path.suffix.lower() not in _PHOTOS:
            unclear.append(((told.split, told.key), path))
        else:
            _add(masks if told.is_mask else images, (told.split, told.key), path, root=root)
    in_folders = len(masks)
    # A picture may be named as masks are, so the one that it would be the mask of has to be there.
    known = set(images) | {key for key, _ in unclear}
    for key, path in unclear:
        is_mask = key in images or any(one in known for one in _without_mark(key))
        _add(masks if is_mask else images, key, path, root=root)
    pairs, unused, left = _matched(images, masks, listed=_listed(others))
    return Paired(tuple(pairs), tuple(unused), (*others, *left), in_folders)


def _matched(
    images: Mapping[Key, Path], masks: Mapping[Key, Path], *, listed: Mapping[str, str]
) -> tuple[list[Pair], Iterable[Path], list[Path]]:
    """Pairs, masks without a picture, and pictures that lists leave out: of Pascal VOC those of other tasks."""
    loose = dict(masks)
    pairs: list[Pair] = []
    left: list[Path] = []
    for (split, key), image in images.items():
        here = next((one for one in _keys_of(split, key) if one in loose), None)
        mask = None if here is None else loose.pop(here)
        told = split or (here[0] if here else None)
        if listed:
            told = listed.get(image.stem, "" if told is None else told)
            if not told:
                left.append(image)
                continue
        pairs.append(Pair(image, mask, told))
    return pairs, loose.values(), left


def _keys_of(split: str | None, key: tuple[str, ...]) -> Iterable[Key]:
    """Where the mask of a picture may stand: with its split, or without one; under its name, or marked as one."""
    marked = [(*key[:-1], f"{key[-1]}{mark}") for mark in ("", *_MARKS)]
    return [(of, name) for of in dict.fromkeys((split, None)) for name in marked]


def _without_mark(key: Key) -> Iterable[Key]:
    split, (*folders, name) = key
    return [(split, (*folders, name.removesuffix(mark))) for mark in _MARKS if name.endswith(mark)]


def _told(path: Path) -> _Told | None:
    """Read a path below the root; None for what is told besides masks."""
    split: str | None = None
    is_mask: bool | None = None
    rest: list[str] = []
    for part in (one.lower() for one in path.parts[:-1]):
        both = _SPLIT_AND_KIND.fullmatch(part)
        if part in _OTHERS:
            return None
        if part in _MASKS:
            is_mask = True
        elif part in _IMAGES:
            is_mask = bool(is_mask)
        elif (found := split_named(part)) is not None:
            split = found
        elif both and both[2] in _MASKS | _IMAGES:
            split, is_mask = split_named(both[1]), both[2] in _MASKS
        else:
            rest.append(part)
    return _Told(split, is_mask, (*rest, path.stem.lower()))


def _add(among: dict[Key, Path], key: Key, path: Path, *, root: Path) -> None:
    if key in among:
        one, other = (each.relative_to(root).as_posix() for each in (among[key], path))
        raise DataError(
            f"{root.name}: {one} and {other} have the same name in the same split; one picture and one mask of a name "
            "are accepted."
        )
    among[key] = path


def _listed(others: Iterable[Path]) -> dict[str, str]:
    """The split of each name that lists of Pascal VOC give: ImageSets/Segmentation/train.txt, val.txt, test.txt."""
    splits: dict[str, str] = {}
    for path in others:
        split = split_named(path.stem)
        folders = [part.lower() for part in path.parts[:-1]]
        if path.suffix.lower() == ".txt" and split is not None and _LISTS in folders[-2:]:
            text = path.read_text(encoding="utf-8", errors="replace")
            splits |= {line.split()[0]: split for line in text.splitlines() if line.strip()}
    return splits
