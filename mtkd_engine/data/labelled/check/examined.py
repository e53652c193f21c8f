"""Labelled samples once they were read to their end, and what is particular to what a sample is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from mtkd_engine.data.check.problems import Kind
from mtkd_engine.data.labelled.check.repairs import REPAIRED
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.labelled.check.statistics import Counts, class_counts
from mtkd_engine.data.labelled.rows import Handed, LabelledRow
from mtkd_engine.data.labelled.samples import TASK
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.progress import Progress

SeenT = TypeVar("SeenT", bound=Seen)
Rows = list[LabelledRow]


@dataclass(frozen=True)
class Examined(ABC, Generic[SeenT]):
    """What was handed in, and what is known of it by place."""

    noun: ClassVar[str]
    kinds: ClassVar[Mapping[str, Kind]]
    repairs: ClassVar[Mapping[str, str]]
    """Names and titles in the order in which they are made."""
    in_place: ClassVar[frozenset[str]] = frozenset()
    """Repairs that change what is told of samples, not which there are."""
    most_shown: ClassVar[int] = 9
    """Samples in a report."""
    task: ClassVar[str] = TASK
    has_classes: ClassVar[bool] = True

    handed: Handed
    seen: Mapping[int, SeenT]

    @abstractmethod
    def remarks(self, row: LabelledRow) -> Iterator[tuple[str, str]]:
        """This will give codes and details of what is to be said of one sample taken by itself."""

    @abstractmethod
    def counted(self, rows: Rows) -> dict[str, Counts]:
        """This will count the samples of each split."""

    @abstractmethod
    def described(self, rows: Rows) -> dict[str, Any]:
        """This will give the statistics of a report."""

    @abstractmethod
    def sealed(
        self, target: Path, statement: Statement, rows: Rows, *, progress: Progress
    ) -> tuple[str, int]:
        """This will write the new folder `target` whole or not at all, and give its content hash and its bytes."""

    def about(self) -> dict[str, Any]:
        """This will give what a report says of this kind of samples alone."""
        return {}

    def told(self, row: LabelledRow) -> dict[str, Any]:
        """This will give what a report shows of one sample beside its id and split."""
        look = self.seen[row.place]
        named = {"label": row.label, "class": self.handed.classes[row.label]}
        return named | {"width": look.width, "height": look.height}

    def classes_in(self, row: LabelledRow) -> set[int]:
        """This will give the classes that a sample has something of."""
        return {row.label}

    def class_counts(self, rows: Rows) -> dict[str, list[int]]:
        """This will count the samples with something of each class, in the order of the classes, by split."""
        return class_counts(rows, classes=len(self.handed.classes))

    def repaired(self, rows: Rows, name: str) -> Rows:
        """This will make one repair."""
        return REPAIRED[name](rows, self.seen)
