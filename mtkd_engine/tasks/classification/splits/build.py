"""The splits of a dataset, by what its samples are seen as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mtkd_engine.data.clips.dataset import ClipDataset, FeatureDataset
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.data.labelled.share import labelled_share
from mtkd_engine.spec import (
    AnyInput,
    ClassDataSpec,
    ClipInput,
    FeatureDataSpec,
    FeatureInput,
    ImageDataSpec,
    ImageInput,
    StreamDataSpec,
)
from mtkd_engine.spec.classification.clipdata import ClipDataSpec
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.tasks.classification.splits.clips import FrameSplit, StreamSplit
from mtkd_engine.tasks.classification.splits.features import FeatureSplit
from mtkd_engine.tasks.classification.splits.images import ImageSplit

VIEWS = "views"
"""The folder of a cache where views of clips are left."""


def splits_of(
    data: ClassDataSpec, *, dataset: LabelledDataset, device: torch.device | str, cache: Path | None = None
) -> dict[str, ClassSplit]:
    """This will give the splits of a job, train in augmented views and with the labels that the spec leaves it.

    `cache` is a folder where views of clips are left for the next job on the same content.
    """
    keep = None if cache is None else (cache / VIEWS, dataset.whole_hash)
    return {name: _split(data, dataset, name=name, device=device, keep=keep) for name in dataset.splits}


def clean_split(
    dataset: LabelledDataset, name: str, reads: AnyInput, *, samples: int | None = None
) -> ClassSplit:
    """This will give a split, or its first samples, as a network that reads this sees it best, on the CPU."""
    listed = dataset.splits[name][:samples]
    common: dict[str, Any] = {"name": name, "augment": None, "seed": 0}
    if isinstance(dataset, ImageDataset):
        assert isinstance(reads, ImageInput)
        return ImageSplit(listed, dataset.images, size=reads.size, **common)
    if isinstance(dataset, FeatureDataset):
        assert isinstance(reads, FeatureInput)
        return FeatureSplit(listed, dataset.features, rows=reads.frames, **common)
    assert isinstance(dataset, ClipDataset)
    if isinstance(reads, ClipInput):
        return FrameSplit(listed, dataset.clips, segments=reads.frames, size=reads.size, **common)
    assert not isinstance(reads, ImageInput | FeatureInput)
    return StreamSplit(listed, dataset.clips, segments=reads.segments, size=reads.size, **common)


def _split(
    data: ClassDataSpec,
    dataset: LabelledDataset,
    *,
    name: str,
    device: torch.device | str,
    keep: tuple[Path, str] | None,
) -> ClassSplit:
    samples, is_train = dataset.splits[name], name == "train"
    common: dict[str, Any] = {
        "name": name,
        "augment": data.augment if is_train else None,
        "seed": data.augment.seed,
        "device": device,
        "labelled_N": None,
    }
    if is_train and data.labels.share < 1:
        common["labelled_N"] = labelled_share(samples, share=data.labels.share, seed=data.labels.seed)
    if isinstance(data, ImageDataSpec):
        assert isinstance(dataset, ImageDataset)
        return ImageSplit(samples, dataset.images, size=data.size, **common)
    if isinstance(data, FeatureDataSpec):
        assert isinstance(dataset, FeatureDataset)
        return FeatureSplit(samples, dataset.features, rows=data.rows, **common)
    assert isinstance(data, ClipDataSpec)
    assert isinstance(dataset, ClipDataset)
    kind = StreamSplit if isinstance(data, StreamDataSpec) else FrameSplit
    return kind(
        samples, dataset.clips, segments=data.segments, size=data.size, crops=data.crops, keep=keep, **common
    )
