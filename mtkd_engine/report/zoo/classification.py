"""Classifiers as a zoo: their tables of samples, baselines and costs.

Shape suffixes: N samples, C classes, S sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.evaluation.classification.baselines import blind_quality
from mtkd_engine.evaluation.classification.probabilities import probability_rows, write_probabilities
from mtkd_engine.evaluation.classification.table import Teaching, sample_rows, write_table
from mtkd_engine.evaluation.classification.weighing import mixed, uniform_weights
from mtkd_engine.methods.zoo.classification import ClassDiscipline
from mtkd_engine.methods.zoo.face import Standing
from mtkd_engine.nets.classification.clips.given import moved
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.profile import cost_of_classifier
from mtkd_engine.report.classification.comparisons import compare
from mtkd_engine.report.comparisons import Compared
from mtkd_engine.report.zoo.face import Arena, Entrant, Told
from mtkd_engine.spec import ClassifierCard
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit

FED = 2
"""Batches of 64 samples on which exported files must say what the model says."""


class ClassArena(Arena[ClassBatch]):
    """Classifiers on one dataset of images, clips or features."""

    graded = False

    def __init__(
        self,
        *,
        dataset: LabelledDataset,
        entrants: Sequence[Entrant],
        splits: Mapping[str, ClassSplit],
        discipline: ClassDiscipline,
    ) -> None:
        self.dataset = dataset
        self.entrants = entrants
        self.splits = splits
        self.discipline = discipline
        self._splits = splits
        self._classes = dataset.classes

    def samples(self, split: str) -> Sequence[Any]:
        """This will give the samples of a split, in its order."""
        return self._splits[split].samples

    def described(self, rows: Sequence[int]) -> list[str]:
        """This will name the classes of samples of validation."""
        samples = self._splits["val"].samples
        return [self._classes[samples[row].label] for row in rows]

    def baselines(self, before: Sequence[Standing]) -> dict[str, dict[str, float]]:
        """This will measure on test: the most frequent class, the average of all starts, the one that knows best."""
        labels_N = self._labels("test")
        signals = ClassSignals(torch.stack([one.said for one in before]), [e.name for e in self.entrants])
        best_1N1 = (
            torch.stack([one.said for one in before])
            .gather(2, labels_N.view(1, -1, 1).expand(len(before), -1, 1))
            .argmax(0, keepdim=True)
        )
        known_NC = signals.log_probs_TBC.gather(0, best_1N1.expand(1, -1, len(self._classes)))[0]
        classes = len(self._classes)
        blind = blind_quality(self._splits["train"].labels_N, labels_N, classes=classes)
        average = Quality.of(mixed(uniform_weights(signals), signals), labels_N)
        return {
            "blind": blind.values,
            "average": average.values,
            "oracle": Quality.of(known_NC, labels_N).values,
        }

    def compared(self, after: Standing, against: Mapping[str, Standing]) -> Compared:
        """This will compare `top1`, `top5` and `nll`, paired over the sources of test."""
        labels_N = self._labels("test")
        others = {name: Quality.of(standing.said, labels_N) for name, standing in against.items()}
        sources = [sample.source_id for sample in self._splits["test"].samples]
        return compare(Quality.of(after.said, labels_N), others, sources=sources)

    def cost(self, model: nn.Module, card: AnyCard) -> dict[str, Any]:
        """This will give what one sample costs a classifier."""
        assert isinstance(card, ClassifierCard)
        return cost_of_classifier(model, card).to_json()

    def fed(self, card: AnyCard) -> Iterable[Any]:
        """This will give a few batches of test behind a classifier's own transform."""
        assert isinstance(card, ClassifierCard)
        batches = islice(self._splits["test"].in_order(size=64), FED)
        return [moved(to_input(batch.inputs, card.input), "cpu") for batch in batches]

    def write_samples(self, stem: Path, told: Sequence[Told]) -> dict[str, str]:
        """This will write `STEM.per_sample.parquet` and `STEM.probabilities.parquet`."""
        samples = stem.with_name(f"{stem.name}.per_sample.parquet")
        probabilities = stem.with_name(f"{stem.name}.probabilities.parquet")
        write_table(samples, [self._rows(one) for one in told])
        write_probabilities(probabilities, [self._probabilities(one) for one in told])
        return {"samples": samples.name, "probabilities": probabilities.name}

    def _rows(self, told: Told) -> Any:
        signals = self._signals(told)
        return sample_rows(
            told.split,
            self._splits[told.split].samples,
            classes=self._classes,
            student_NC=told.after.said,
            start_NC=told.before[told.place].said,
            solo_NC=None if told.alone is None else told.alone.said,
            teaching=Teaching(signals, told.weights_NS, mixed(told.weights_NS, signals)),
        )

    def _probabilities(self, told: Told) -> Any:
        signals = self._signals(told)
        beliefs = {"student": told.after.said, "start": told.before[told.place].said}
        if told.alone is not None:
            beliefs["solo"] = told.alone.said
        beliefs["target"] = mixed(told.weights_NS, signals)
        beliefs |= {
            f"teacher:{name}": log_NC
            for name, log_NC in zip(signals.names, signals.log_probs_TBC, strict=True)
        }
        samples = self._splits[told.split].samples
        return probability_rows(told.split, samples, classes=self._classes, beliefs=beliefs)

    def _signals(self, told: Told) -> ClassSignals:
        said: list[Tensor] = [one.said for one in told.before]
        if len(told.sources) > len(said):  # its own start is one more source
            said.append(told.before[told.place].said)
        return ClassSignals(torch.stack(said), list(told.sources))

    def _labels(self, split: str) -> Tensor:
        return self._splits[split].labels_N.cpu()
