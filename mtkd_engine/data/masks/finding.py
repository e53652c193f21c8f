"""Pictures with masks in folders that somebody handed in: where they lie, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtkd_engine.data.discovery import AUTO, files_below
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.kinds import SUFFIXES as IMAGES
from mtkd_engine.data.images.readers.folders import FolderImages
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.classes import SOURCES, read_sources
from mtkd_engine.data.labelled.home import home_of
from mtkd_engine.data.labelled.rows import Found, LabelledRow
from mtkd_engine.data.manifest import FILE, SEALED, is_sealed
from mtkd_engine.data.masks.coding import Coding
from mtkd_engine.data.masks.dataset import TASK, VOID
from mtkd_engine.data.masks.readers.classfile import NAMES, read_class_file
from mtkd_engine.data.masks.readers.layout import Paired, pairs_of
from mtkd_engine.data.masks.rows import ALIKE, HandedMasks, LooseMasks
from mtkd_engine.data.masks.sealed import read_sealed_masks
from mtkd_engine.data.split import SPLITS

FORMAT = "mask_folders"
FORMATS = (FORMAT,)


def holds_masks(roots: Iterable[Path]) -> bool:
    """This will say whether folders hold pictures with masks."""
    return any(_is_of_masks(root) for root in roots if root.is_dir())


def find_masks(roots: Sequence[Path], *, name: str, form: str = AUTO) -> HandedMasks:
    """This will list pictures with masks below one of some folders; raises DataError."""
    places = [home_of(root, suffixes=IMAGES) for root in roots if root.is_dir()]
    for place in places:
        if is_sealed(place) and read_json_object(place / FILE).get("task") == TASK:
            return _of_sealed(place)
    held = [place for place in places if form == FORMAT or _is_of_masks(place)]
    if len(held) > 1:
        raise DataError(
            f"{name} holds pictures with masks in {len(held)} places ({held[0].name}, {held[1].name}); one is accepted."
        )
    paired = _paired(held[0]) if held else None
    if paired is None or not any(pair.mask for pair in paired.pairs):
        raise DataError(
            f"{name} holds no pictures with masks; accepted are folders of both in one place, with the same names, "
            "such as train/images and train/masks, and classes.json beside them."
        )
    return _of_folders(held[0], paired, name=name)


def _paired(root: Path) -> Paired:
    return pairs_of(files_below(root), root=root)


def _is_of_masks(root: Path) -> bool:
    try:
        paired = _paired(home_of(root, suffixes=IMAGES))
    except DataError:
        return False  # whoever reads it says what is wrong
    return paired.is_likely


def _of_folders(root: Path, paired: Paired, *, name: str) -> HandedMasks:
    known = _class_file(root, paired.others)
    grouped = root / SOURCES if (root / SOURCES) in paired.others else None
    sources = read_sources(grouped) if grouped else {}
    said = [
        Found("ignored_files", path.name, path.name) for path in paired.others if path not in (known, grouped)
    ]
    said += [
        Found("unused_masks", "there is no picture of its name", path.relative_to(root).as_posix())
        for path in paired.unused_masks
    ]
    rows: list[LabelledRow] = []
    for place, pair in enumerate(paired.pairs):
        sample_id = pair.image.relative_to(root).as_posix()
        rows.append(
            LabelledRow(
                split=pair.split,
                sample_id=sample_id,
                source_id=sources.get(sample_id),
                label=ALIKE,
                place=place,
                file=sample_id,
            )
        )
    files = [path for path in (known, grouped) if path is not None]
    files += [path for pair in paired.pairs for path in (pair.image, pair.mask) if path is not None]
    return HandedMasks(
        name=name,
        format=FORMAT,
        classes=(),
        rows=rows,
        images=FolderImages(root, [pair.image for pair in paired.pairs]),
        masks=LooseMasks(root, [pair.mask for pair in paired.pairs]),
        stated=None if known is None else read_class_file(known),
        files=tuple(files),
        found=tuple(said),
    )


def _class_file(root: Path, others: Sequence[Path]) -> Path | None:
    """The file of classes that lies least deep, of those the one that is called the likeliest name."""
    found = [path for path in others if path.name.lower() in NAMES]
    return min(
        found,
        key=lambda path: (len(path.relative_to(root).parts), NAMES.index(path.name.lower())),
        default=None,
    )


def _of_sealed(folder: Path) -> HandedMasks:
    sealed = read_sealed_masks(folder)
    rows = [
        LabelledRow(
            split=split,
            sample_id=one.sample.sample_id,
            source_id=None if one.sample.source_id == one.sample.sample_id else one.sample.source_id,
            label=ALIKE,
            place=one.sample.place,
            file=FILE,
            line=one.sample.place + 1,
        )
        for split in SPLITS
        for one in sealed.splits[split]
    ]
    numbers = {number: number for number in range(len(sealed.classes))} | {VOID: VOID}
    return HandedMasks(
        name=sealed.name,
        format=SEALED,
        classes=sealed.classes,
        rows=rows,
        images=sealed.images,
        masks=sealed.masks,
        coding=Coding(sealed.classes, "numbers", numbers),
        files=tuple(path for path in sorted(folder.iterdir()) if path.is_file()),
    )
