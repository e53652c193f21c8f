"""Classifiers that take part in a zoo: dataset, splits and registered models of a spec."""

from __future__ import annotations

from mtkd_engine.methods.zoo.classification import ClassDiscipline
from mtkd_engine.pipelines.classification import dataset_of
from mtkd_engine.pipelines.place import Place
from mtkd_engine.report.zoo.classification import ClassArena
from mtkd_engine.report.zoo.face import Entrant
from mtkd_engine.sources import Sources
from mtkd_engine.spec import ClassificationSpec, SpecError, ZooMethodPart
from mtkd_engine.tasks.classification.splits.build import splits_of
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.load import load_class_teachers


def arena_of(spec: ClassificationSpec, *, sources: Sources, place: Place) -> ClassArena:
    """This will load what a zoo of classifiers needs; raises SpecError, DataError or ModelError."""
    assert isinstance(spec.method, ZooMethodPart)
    dataset = dataset_of(spec, sources, cache=place.cache)
    paths = {teacher.name: sources.teacher(teacher.name) for teacher in spec.teachers}
    teachers = load_class_teachers(paths, dataset=dataset, kind=spec.data.kind)
    splits = splits_of(spec.data, dataset=dataset, device=place.device, cache=place.cache)
    discipline = ClassDiscipline(
        [(teacher.name, teacher.card) for teacher in teachers],
        classes=dataset.classes,
        splits=splits,
        optim=spec.optim,
        calibrated=spec.method.calibrated,
    )
    entrants = [_entrant(teacher, spec.method.kind) for teacher in teachers]
    return ClassArena(dataset=dataset, entrants=entrants, splits=splits, discipline=discipline)


def _entrant(teacher: ClassTeacher, method: str) -> Entrant:
    if teacher.model is None:
        raise SpecError(
            {
                "teachers": f"given {teacher.name!r}, an ONNX program, which cannot be trained; method {method} "
                "accepts models of known architecture."
            }
        )
    return Entrant(teacher.name, teacher.model, teacher.card, teacher.content_hash)
