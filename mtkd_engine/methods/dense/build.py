"""From the spec of a dense task to everything the loop needs."""

from __future__ import annotations

from dataclasses import dataclass

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.dense.self_taught import SelfTaught
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.methods.dense.solo import Solo
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.nets.registry import build_student
from mtkd_engine.spec import (
    AnySaliencySpec,
    DenseRecipe,
    DenseSpec,
    SaliencyCard,
    SegmentationSpec,
    SegmenterCard,
    SelfSpec,
)
from mtkd_engine.tasks.dense import DenseBatch


@dataclass(frozen=True, kw_only=True)
class DenseJob:
    """A job ready to run: what is trained, on what, and what the student will say about itself."""

    method: Method[DenseBatch]
    student: DenseNet
    card: AnyDenseCard
    task: DenseTask


def new_student(card: AnyDenseCard) -> DenseNet:
    """This will build the student of a card, initialised from torch's global generator."""
    student = build_student(card)
    assert isinstance(student, DenseNet)
    return student


def build_job(spec: DenseSpec, *, dataset: DenseDataset, task: DenseTask, device: str) -> DenseJob:
    """This will build student and method; parameters come from torch's global generator, the student's first."""
    card = card_of(spec, dataset=dataset)
    student = new_student(card).to(device)
    sight = Sight(student, card.input, optim=spec.optim)
    method: Method[DenseBatch] = Solo(sight, task=task)
    if isinstance(spec.method, SelfSpec):
        method = SelfTaught.of(sight, spec=spec.method, optim=spec.optim, task=task)
    return DenseJob(method=method, student=student, card=card, task=task)


def card_of(spec: DenseSpec, *, dataset: DenseDataset) -> AnyDenseCard:
    """This will say of a job's student all that is known before it is trained."""
    recipe = None
    if spec.method.kind == "solo":  # nothing else could be repeated from labels alone
        recipe = DenseRecipe(
            optim=spec.optim,
            augment=spec.data.augment,
            seed=spec.seed,
            dataset_hash=dataset.whole_hash,
            samples=len(dataset.splits["train"]),
        )
    if isinstance(spec, SegmentationSpec):
        assert isinstance(dataset, MaskDataset)
        return SegmenterCard(
            net=spec.student.net, classes=dataset.classes, input=spec.student.input, recipe=recipe
        )
    assert isinstance(spec, AnySaliencySpec)
    return SaliencyCard(net=spec.student.net, input=spec.student.input, recipe=recipe)
