"""The teachers of a job before its training: where their beliefs come from, and what they believe of validation."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import torch

from mtkd_engine.cache.rows.collapse import fixed_weights
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.evaluation.classification.asking import beliefs_on
from mtkd_engine.events import Entered, Event
from mtkd_engine.methods.classification.build import Faculty, teachers_quality
from mtkd_engine.spec import ClassificationSpec, MultiTeacherSpec
from mtkd_engine.tasks.classification.split import ImageSplit
from mtkd_engine.teachers.classification.cached import prepare_rows
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.live import LiveSource


def prepare_faculty(
    spec: ClassificationSpec,
    *,
    teachers: Sequence[ClassTeacher],
    splits: Mapping[str, ImageSplit],
    dataset: ImageDataset,
    cache: Path,
    device: str,
) -> Generator[Event, None, Faculty]:
    """This will compute beliefs that the cache does not have, or put the teachers beside the student.

    Where weights cannot change while the student trains, one cached belief of each augmented image stands for all
    teachers. Raises SpecError for a teacher that cannot teach so.
    """
    method = spec.method
    assert isinstance(method, MultiTeacherSpec)
    if method.signals == "online":
        yield Entered(part="beliefs")
        live = LiveSource(
            teachers, classes=dataset.classes, device=device, paths=[one.teacher for one in method.features]
        )
        return Faculty(source=live, val=beliefs_on(live, splits["val"]), tapped=live)
    held = {name: split for name, split in splits.items() if name != "train"}
    source = yield from prepare_rows(
        spec, teachers=teachers, splits=held, dataset=dataset, cache=cache, device=device
    )
    val = beliefs_on(source, splits["val"])
    quality = [one.values["top1"] for one in teachers_quality(val, splits["val"].labels_N)]
    fixed = fixed_weights(method, teachers=len(teachers), quality=quality)
    taught = yield from prepare_rows(
        spec,
        teachers=teachers,
        splits={"train": splits["train"]},
        dataset=dataset,
        cache=cache,
        device=device,
        fixed=fixed,
    )
    fixed_T = None if fixed is None else torch.tensor(fixed, device=device)
    return Faculty(source=source.beside(taught), val=val, fixed_T=fixed_T)
