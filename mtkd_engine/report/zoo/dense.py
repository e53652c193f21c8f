"""Networks with an output for every pixel as a zoo: their tables of samples, maps, baselines and costs.

Shape suffixes: N samples, S sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from mtkd_engine.evaluation.classification.table import write_table
from mtkd_engine.evaluation.dense.maps import write_maps
from mtkd_engine.evaluation.dense.table import DenseTeaching, sample_rows
from mtkd_engine.methods.zoo.dense import DenseDiscipline
from mtkd_engine.methods.zoo.face import Standing
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.profile import cost_of_dense
from mtkd_engine.report.comparisons import Compared
from mtkd_engine.report.dense.ending import fed
from mtkd_engine.report.dense.findings import compared
from mtkd_engine.report.zoo.face import Arena, Entrant, Told, ZooDataset
from mtkd_engine.spec import SaliencyCard, SegmenterCard
from mtkd_engine.tasks.dense import DenseBatch


class DenseArena(Arena[DenseBatch]):
    """Segmenters, or networks that say where people look, on one dataset."""

    graded = True

    def __init__(
        self, *, dataset: ZooDataset, entrants: Sequence[Entrant], discipline: DenseDiscipline
    ) -> None:
        self.dataset = dataset
        self.entrants = entrants
        self.discipline = discipline
        self.splits = discipline.task.splits
        self._task = discipline.task
        self._run = discipline.run

    def samples(self, split: str) -> Sequence[Any]:
        """This will give the samples of a split, in its order."""
        return self._task.splits[split].samples

    def described(self, rows: Sequence[int]) -> list[str]:
        """This will give the ids of samples of validation: they have no one class."""
        return [self._task.splits["val"].samples[row].sample_id for row in rows]

    def baselines(self, before: Sequence[Standing]) -> dict[str, dict[str, float]]:
        """This will measure on test what can be said without looking."""
        return {"blind": self._task.judge(self._task.blind(), "test").values}

    def compared(self, after: Standing, against: Mapping[str, Standing]) -> Compared:
        """This will compare the metrics that samples have by themselves, paired over the sources of test."""
        return compared(self._task, after.said, {name: one.said for name, one in against.items()})

    def cost(self, model: nn.Module, card: AnyCard) -> dict[str, Any]:
        """This will give what one sample costs a network."""
        assert isinstance(model, DenseNet)
        assert isinstance(card, SegmenterCard | SaliencyCard)
        return cost_of_dense(model, card).to_json()

    def fed(self, card: AnyCard) -> Iterable[Any]:
        """This will give a few samples of test as a network reads them."""
        assert isinstance(card, SegmenterCard | SaliencyCard)
        return list(fed(self._task.splits["test"], card))

    def write_samples(self, stem: Path, told: Sequence[Told]) -> dict[str, str]:
        """This will write `STEM.per_sample.parquet`."""
        path = stem.with_name(f"{stem.name}.per_sample.parquet")
        write_table(path, [self._rows(one) for one in told])
        return {"samples": path.name}

    def write_together(self, folder: Path, models: Mapping[str, tuple[nn.Module, AnyCard]]) -> None:
        """This will write `maps.parquet`: what everybody says of a few samples, beside the truth."""
        places = {entrant.name: place for place, entrant in enumerate(self.entrants)}
        runs = {
            name: self._run(model, places[name.removesuffix(" at start")])
            for name, (model, _) in models.items()
        }
        write_maps(folder / "maps.parquet", self._task, runs)

    def _rows(self, told: Told) -> Any:
        judged = [one.said for one in told.before]
        if len(told.sources) > len(judged):  # its own start is one more source
            judged.append(told.before[told.place].said)
        return sample_rows(
            told.split,
            self._task.splits[told.split].samples,
            student=told.after.said,
            quality=self._task.quality,
            solo=None if told.alone is None else told.alone.said,
            start=told.before[told.place].said,
            teaching=DenseTeaching(list(told.sources), judged, told.weights_NS),
        )
