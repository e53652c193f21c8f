"""Segmenters or saliency networks that take part in a zoo: dataset, splits and registered models of a spec."""

from __future__ import annotations

from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.evaluation.dense.tasks import task_on
from mtkd_engine.methods.zoo.dense import DenseDiscipline
from mtkd_engine.pipelines.dense import dataset_of
from mtkd_engine.pipelines.place import Place
from mtkd_engine.report.zoo.dense import DenseArena
from mtkd_engine.report.zoo.face import Entrant
from mtkd_engine.sources import Sources
from mtkd_engine.spec import DenseSpec
from mtkd_engine.teachers.dense.load import load_dense_teachers


def arena_of(spec: DenseSpec, *, sources: Sources, place: Place) -> DenseArena:
    """This will load what a zoo of a dense task needs; raises SpecError, DataError or ModelError."""
    dataset = dataset_of(spec, sources, cache=place.cache)
    paths = {teacher.name: sources.teacher(teacher.name) for teacher in spec.teachers}
    teachers = load_dense_teachers(paths, dataset=dataset)
    task = task_on(dataset, spec.data, device=place.device, cache=place.cache / "frames")
    discipline = DenseDiscipline(
        [(teacher.name, teacher.card) for teacher in teachers],
        task=task,
        classes=dataset.classes if isinstance(dataset, MaskDataset) else (),
        optim=spec.optim,
    )
    entrants = [Entrant(one.name, one.model, one.card, one.content_hash) for one in teachers]
    return DenseArena(dataset=dataset, entrants=entrants, discipline=discipline)
