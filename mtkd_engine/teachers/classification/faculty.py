"""The teachers of a job before its training: where their beliefs come from, and what they believe of validation."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import torch

from mtkd_engine.cache.rows.collapse import fixed_weights
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.evaluation.classification.asking import beliefs_on
from mtkd_engine.events import Entered, Event
from mtkd_engine.methods.classification.job import Faculty, teachers_quality
from mtkd_engine.methods.classification.staged.cuts import Cut, Tutor
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.spec import ClassificationSpec, MultiTeacherSpec, SpecError, StagedSpec
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.teachers.classification.cached import prepare_rows
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.live import LiveSource


def prepare_faculty(
    spec: ClassificationSpec,
    *,
    teachers: Sequence[ClassTeacher],
    splits: Mapping[str, ClassSplit],
    dataset: LabelledDataset,
    cache: Path,
    device: str,
) -> Generator[Event, None, Faculty]:
    """This will compute beliefs that the cache does not have, or put the teachers beside the student.

    Where weights cannot change while the student trains, one cached belief of each augmented image stands for all
    teachers. Raises SpecError for a teacher that cannot teach so.
    """
    method = spec.method
    if isinstance(method, StagedSpec):
        yield Entered(part="beliefs")
        return faculty_in_stages(teachers, splits=splits, dataset=dataset, device=device)
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


def faculty_in_stages(
    teachers: Sequence[ClassTeacher],
    *,
    splits: Mapping[str, ClassSplit],
    dataset: LabelledDataset,
    device: str,
    stands_in: bool = False,
) -> Faculty:
    """This will put teachers beside the student, cut into substages, and freeze their networks.

    `stands_in` says that it is an assistant in their place. Raises SpecError for one that has no substages.
    """
    tutors: list[Tutor] = []
    for teacher in teachers:
        if not isinstance(teacher.model, Classifier):
            raise SpecError(
                {
                    "teachers": f"given {teacher.name!r}, a program without substages; method staged accepts networks."
                }
            )
        try:
            cut = Cut.of(teacher.model)
        except SpecError as error:
            said = next(iter(error.fields.values())).rstrip(".")
            raise SpecError({"teachers": f"given {teacher.name!r}: {said}."}) from None
        tutors.append(
            Tutor(
                name=teacher.name,
                cut=cut,
                reads=teacher.card.input,
                temperature=teacher.card.temperature,
                classes=ClassMap.of(teacher.card.classes, dataset.classes, teacher=teacher.name),
            )
        )
    paths = {tutor.name: tutor.cut.paths for tutor in tutors}
    live = LiveSource(teachers, classes=dataset.classes, device=device, paths=paths)
    val = beliefs_on(live, splits["val"])
    return Faculty(source=live, val=val, tapped=live, tutors=tutors, stands_in=stands_in)
