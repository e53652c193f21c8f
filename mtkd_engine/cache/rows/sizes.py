"""How much a job would keep of its teachers, before it is submitted; torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine.cache.rows.collapse import fixed_weights
from mtkd_engine.cache.rows.header import BLOCK, FORMAT, Form, stride_of
from mtkd_engine.cache.rows.table import DONE, FOLDER, read_header
from mtkd_engine.spec import BestSingleSpec, ClassificationSpec, MultiTeacherSpec
from mtkd_engine.spec.classification.kinds import IMAGES

BEST, ALL = "best single teacher", "all teachers"
BYTES = 2


@dataclass(frozen=True)
class CacheSize:
    """The rows of one teacher on one split, and whether a cache has them already."""

    teacher: str
    """Its name; or what is said of the one that is chosen later, or of the row that stands for all."""
    split: str
    views: int
    """Augmented views; 0 for the images as they are."""
    rows: int
    bytes: int
    exists: bool = False


def cache_sizes(
    spec: ClassificationSpec,
    *,
    samples: Mapping[str, int],
    classes: int,
    teachers: Mapping[str, str] | None = None,
    dataset: str = "",
    cache: Path | None = None,
) -> list[CacheSize]:
    """This will list the rows that a job needs, by teacher and split; empty where its teachers run beside it.

    `samples` are those of each split (train, val, test), `classes` those of the dataset. Where `cache` is given, with
    the content hashes of the dataset and of the `teachers` by name, what lies there is told; libraries and devices
    are not compared, so a job may still have to compute what `exists`.
    """
    method = spec.method
    if not isinstance(method, MultiTeacherSpec) or method.signals != "cached":
        return []
    hashes = teachers or {}
    known = _known(cache, dataset) if cache is not None and hashes else []
    return [
        _with_existence(size, spec, known=known, teacher=hashes.get(size.teacher), classes=classes)
        for size in _wanted(spec, method, samples=samples, classes=classes)
    ]


def _wanted(
    spec: ClassificationSpec, method: MultiTeacherSpec, *, samples: Mapping[str, int], classes: int
) -> Iterator[CacheSize]:
    names = [teacher.name for teacher in spec.teachers]
    shown = min(spec.data.augment.views, spec.optim.epochs)
    kept = stride_of(method.cache_form, classes=classes, kept=method.cache_classes) * BYTES
    for name in names:
        for split, count in samples.items():
            yield CacheSize(name, split, 0, count, count * classes * BYTES)
    rows = samples.get("train", 0) * shown
    for name in _taught_by(method, names):
        yield CacheSize(name, "train", shown, rows, rows * kept)


def _taught_by(method: MultiTeacherSpec, names: list[str]) -> list[str]:
    """Whose views are kept: each teacher's, that of the best, or one row beside or in place of theirs."""
    if isinstance(method.aggregator, BestSingleSpec) and len(names) > 1:
        return [BEST]
    if len(names) == 1 or fixed_weights(method, teachers=len(names)) is None:
        return names
    return [*names, ALL] if method.cache_form == "dense" else [ALL]


def _known(cache: Path, dataset: str) -> list[tuple[dict[str, Any], Path]]:
    """Headers of rows on a dataset, and where they lie."""
    found = [(read_header(folder), folder) for folder in (cache / FOLDER).glob("*")]
    return [
        (header, folder)
        for header, folder in found
        if header is not None and header.get("format") == FORMAT and header.get("dataset") == dataset
    ]


def _with_existence(
    size: CacheSize,
    spec: ClassificationSpec,
    *,
    known: list[tuple[dict[str, Any], Path]],
    teacher: str | None,
    classes: int,
) -> CacheSize:
    assert isinstance(spec.method, MultiTeacherSpec)
    form: Form = spec.method.cache_form if size.views else "dense"
    shared = spec.data.shared()
    wanted = {
        "split": size.split,
        "count": size.rows // max(size.views, 1),
        "classes": classes,
        "size": shared.get("size", 0),
        "shared": None if spec.data.kind == IMAGES else shared,
        "form": form,
        "kept": 0 if form == "dense" else spec.method.cache_classes,
        "softened": spec.method.temperature if form == "sampled" else None,
        "sources": [[teacher, 1.0]],
        "augment": spec.data.augment.model_dump(mode="json") if size.views else None,
    }
    exists = teacher is not None and any(
        all(header.get(key) == value for key, value in wanted.items()) and _has(folder, wanted, size.views)
        for header, folder in known
    )
    return CacheSize(size.teacher, size.split, size.views, size.rows, size.bytes, exists)


def _has(folder: Path, wanted: Mapping[str, Any], views: int) -> bool:
    """Whether all blocks of the views that a job shows are computed."""
    try:
        done = np.load(folder / DONE, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return bool(done[: max(views, 1), : -(-wanted["count"] // BLOCK)].all())
