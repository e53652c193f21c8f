"""The cache of a job of classification without the job: its rows built beforehand, or computed again and compared."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mtkd_engine.cache.rows.table import FOLDER, Table, is_whole, remove
from mtkd_engine.cache.rows.verify import verify
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.events import Event
from mtkd_engine.pipelines.classification import dataset_of
from mtkd_engine.seeding import seed_everything
from mtkd_engine.sources import Sources
from mtkd_engine.spec import ClassificationSpec
from mtkd_engine.tasks.classification.splits.build import splits_of
from mtkd_engine.teachers.classification.cached import rows_of
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.faculty import prepare_faculty
from mtkd_engine.teachers.classification.load import load_class_teachers


def build_rows(
    spec: ClassificationSpec, *, sources: Sources, cache: Path, device: str, threads: int
) -> Generator[Event, None, None]:
    """This will compute all rows that a job needs and the cache does not have; it may be stopped and goes on later."""
    dataset, teachers = _opened(spec, sources, cache=cache, threads=threads)
    yield from prepare_faculty(
        spec,
        teachers=teachers,
        splits=splits_of(spec.data, dataset=dataset, device=device, cache=cache),
        dataset=dataset,
        cache=cache,
        device=device,
    )


def verify_rows(
    spec: ClassificationSpec,
    *,
    sources: Sources,
    cache: Path,
    device: str,
    threads: int,
    share: float,
    discard: bool = False,
) -> list[dict[str, Any]]:
    """This will compute a random share of each entry of a job again, and say how far it is from what is kept.

    What is not there is left out; with `discard`, entries that do not hold are removed.
    """
    dataset, teachers = _opened(spec, sources, cache=cache, threads=threads)
    splits = splits_of(spec.data, dataset=dataset, device=device, cache=cache)
    found = []
    for kept in rows_of(spec, teachers=teachers, splits=splits, dataset=dataset, device=device):
        folder = cache / FOLDER / kept.header.name
        if not is_whole(folder, kept.header):
            continue
        table = Table(cache, kept.header)
        verified = verify(table, views=kept.views, produce=kept.produce(), share=share)
        table.close()
        found.append({"rows_of": kept.detail, **asdict(verified), "holds": verified.holds})
        if discard and not verified.holds:
            remove(folder)
    return found


def _opened(
    spec: ClassificationSpec, sources: Sources, *, cache: Path, threads: int
) -> tuple[LabelledDataset, list[ClassTeacher]]:
    torch.set_num_threads(threads)
    seed_everything(spec.seed)
    dataset = dataset_of(spec, sources, cache=cache)
    paths = {teacher.name: sources.teacher(teacher.name) for teacher in spec.teachers}
    return dataset, load_class_teachers(paths, dataset=dataset, kind=spec.data.kind)
