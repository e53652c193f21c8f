"""Reading a dataset of pictures with masks that a job works on, sealed or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.dense.samples import StatedDense, in_splits
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.dividing import divide_rows
from mtkd_engine.data.labelled.nouns import IMAGE
from mtkd_engine.data.labelled.refusing import refuse_empty, refuse_leaks, refuse_unclear
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.manifest import is_sealed
from mtkd_engine.data.masks.check.judging import coding_of, judged
from mtkd_engine.data.masks.check.looking import SeenPair, look_at_pairs
from mtkd_engine.data.masks.coded import CodedMasks
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.data.masks.finding import find_masks
from mtkd_engine.data.masks.sealed import masks_hash, read_sealed_masks, truth_hash
from mtkd_engine.data.progress import Progress


def load_masks(path: Path, *, cache: Path | None = None) -> MaskDataset:
    """This will read a dataset of masks: a sealed folder, or folders of pictures and masks; raises DataError.

    Sealed pictures and masks stay on disk until they are asked for. `cache` is a folder where decoded pixels are left
    for the next job on the same content. Outside sealed folders every file is read once, and whatever needs a decision
    is refused: pictures without a mask, values that stand for no class, equal pictures in train and in val or test;
    what is missing of val and test is set aside from train.
    """
    folder = Path(path)
    if not folder.exists():
        raise DataError(
            f"{folder} is not there; a folder of pictures with masks or a sealed dataset is accepted."
        )
    dataset = _sealed(folder) if is_sealed(folder) else _raw(folder)
    if cache is not None:
        dataset.images.keep_in(cache, content_hash=dataset.content_hash)
        dataset.masks.keep_in(cache, content_hash=dataset.content_hash)
    return dataset


def _sealed(folder: Path) -> MaskDataset:
    sealed = read_sealed_masks(folder)
    return MaskDataset(
        name=sealed.name,
        classes=sealed.classes,
        splits={split: tuple(one.sample for one in samples) for split, samples in sealed.splits.items()},
        images=Pictures(sealed.images),
        masks=sealed.masks,
        content_hash=sealed.content_hash,
    )


def _raw(path: Path) -> MaskDataset:
    handed = find_masks((path,), name=path.resolve().name)
    seen = look_at_pairs(handed, work=None, progress=Progress())
    coding = coding_of(handed, seen.values())
    seen = judged(seen, coding)
    refuse_unclear(replace(handed, classes=coding.classes), accepted={})
    for row in handed.rows:
        _refuse_useless(row, seen[row.place])
    hashes = {place: look.sha256 for place, look in seen.items()}
    rows, _ = divide_rows(handed.rows, hashes=hashes)
    refuse_leaks(rows, hashes, noun=IMAGE)
    masks = CodedMasks(handed.masks, coding, count=len(handed.images))
    splits = in_splits((str(row.split), _stated(row, seen[row.place], masks)) for row in rows)
    refuse_empty(splits, name=handed.name)
    return MaskDataset(
        name=handed.name,
        classes=coding.classes,
        splits={split: tuple(one.sample for one in samples) for split, samples in splits.items()},
        images=Pictures(handed.images),
        masks=masks,
        content_hash=masks_hash(coding.classes, splits),
    )


def _stated(row: LabelledRow, look: SeenPair, masks: CodedMasks) -> StatedDense:
    sample = DenseSample(row.sample_id, row.source, row.place)
    truth = truth_hash(masks.at(row.place))
    return StatedDense(sample, look.sha256, truth, look.width, look.height, look.kind)


def _refuse_useless(row: LabelledRow, look: SeenPair) -> None:
    if look.fault:
        raise DataError(f"{shown(row.sample_id)}: {look.said}")
    if look.unknown:
        raise DataError(
            f"{shown(row.sample_id)}: its mask has values that stand for no class: {look.unknown}; values of classes "
            "and of void are accepted (`check dataset` takes them as void where asked to)."
        )
