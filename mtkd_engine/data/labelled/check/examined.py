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
from mtkd_engine.data.labelled.check.statistics import Counts
from mtkd_engine.data.labelled.rows import Handed, LabelledRow
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
    most_shown: ClassVar[int] = 9
    """Samples in a report."""

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
        """This will give what a report shows of one sample beside its id, split and class."""
        look = self.seen[row.place]
        return {"width": look.width, "height": look.height}

    def repaired(self, rows: Rows, name: str) -> Rows:
        """This will make one repair."""
        return REPAIRED[name](rows, self.seen)
