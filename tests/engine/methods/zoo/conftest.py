"""Little linear models that teach each other on a task of four classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.methods.zoo.classification import ClassDiscipline
from mtkd_engine.methods.zoo.face import Answer, Criterion, Standing
from mtkd_engine.methods.zoo.members import Held, assemble
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.spec import ClassOptimSpec, MutualSpec, PartitionSpec
from mtkd_engine.tasks.classification.batches import ClassBatch

CLASSES, WIDTH, SAMPLES = 4, 6, 12
NAMES = ("one", "two", "three")


class Line(nn.Module):
    """Normalisation that remembers, dropout that draws, and a line: all that a second pass could do otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(WIDTH)
        self.line = nn.Linear(WIDTH, CLASSES)

    def forward(self, given_BF: Tensor) -> Tensor:
        dropped_BF = nn.functional.dropout(self.norm(given_BF), 0.3, training=self.training)
        said_BC: Tensor = self.line(dropped_BF)
        return said_BC


class LineDiscipline(ClassDiscipline):
    """The losses of classification on vectors in the place of images."""

    def __init__(self) -> None:
        super().__init__(
            [], classes=("a", "b", "c", "d"), splits={}, optim=ClassOptimSpec(), calibrated=False
        )

    def runner(self, model: nn.Module, place: int) -> Callable[[ClassBatch], Answer]:
        return lambda batch: Answer(model(batch.images_BCHW.flatten(1)))

    def standing(
        self, model: nn.Module, place: int, split: str, *, by: Criterion, thorough: bool = False
    ) -> Standing:
        model.eval()
        with torch.no_grad():
            log_NC = torch.log_softmax(model(given_batch().images_BCHW.flatten(1)), dim=1)
        truth_N = log_NC.gather(1, given_batch().labels_B.unsqueeze(1)).squeeze(1)
        right_N = (log_NC.argmax(1) == given_batch().labels_B).float()
        return Standing({"top1": float(right_N.mean())}, truth_N.exp(), truth_N, right_N)


def given_batch() -> ClassBatch:
    generator = torch.Generator().manual_seed(3)
    given = torch.randn(SAMPLES, 1, 1, WIDTH, generator=generator)
    labels = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    samples = tuple(LabelledSample(f"s{i}", f"s{i}", int(labels[i]), i) for i in range(SAMPLES))
    rows = torch.arange(SAMPLES)
    return ClassBatch(given, labels, rows, torch.zeros(SAMPLES, dtype=torch.int64), samples, "train")


@dataclass(frozen=True)
class Zoo:
    """A batch, and methods that are built of the same three models."""

    batch: ClassBatch

    def method(
        self,
        spec: MutualSpec | PartitionSpec,
        *,
        names: Sequence[str] = NAMES,
        steps: int = 4,
        transfers: bool = True,
    ) -> Transfer[ClassBatch]:
        torch.manual_seed(1)
        models = [(name, Line()) for name in names]
        discipline = LineDiscipline()
        starts = [
            discipline.standing(model, p, "val", by=spec.criterion) for p, (_, model) in enumerate(models)
        ]
        of_one = isinstance(spec, PartitionSpec)
        learners = [names.index(spec.student)] if isinstance(spec, PartitionSpec) else range(len(names))
        members = assemble(
            models,
            discipline=discipline,
            learners=list(learners),
            held=of_one or (isinstance(spec, MutualSpec) and spec.anchor),
            recompute=isinstance(spec, MutualSpec) and spec.recompute,
        )
        return Transfer(
            members,
            spec=spec,
            discipline=discipline,
            held=Held(starts=starts, probe_rows=[0, 3]),
            total_steps=steps,
            transfers=transfers,
        )


@pytest.fixture
def zoo() -> Zoo:
    return Zoo(given_batch())
