"""How a classifier did at each class of the test split, and which classes it takes for each other.

Shape suffixes: N samples, C classes (true ones first, then said ones).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.comparisons.samples import Few
from jobs.models import Artifact, Job
from jobs.queries.inspect.classes import column_of
from jobs.queries.inspect.table import PER_SAMPLE, Table
from jobs.storage.blobs import StorageError
from jobs.storage.tables import open_table

MOST_CLASSES = 2_000
WHO = ("student", "target")
_TEST = "test"

Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One class: its samples, how many were recognised, and how often it was said. Shares are None of nothing."""

    name: str
    samples: int
    right: int
    said: int

    @property
    def recall(self) -> float | None:
        """Share of its samples that were recognised."""
        return self.right / self.samples if self.samples else None

    @property
    def precision(self) -> float | None:
        """Share of what was said to be of it that was."""
        return self.right / self.said if self.said else None


@dataclass(frozen=True, kw_only=True)
class Mistaken:
    """Samples of one class that were taken for another, and their share of all samples of theirs."""

    true: str
    said: str
    count: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Counts by true class (rows) and said class (columns), in the order of `classes`."""

    classes: tuple[str, ...]
    counts_CC: Counts

    def rows(self) -> list[ClassRow]:
        """This will give the classes that have samples or were said, the least recognised first."""
        samples_C, said_C = self.counts_CC.sum(1).tolist(), self.counts_CC.sum(0).tolist()
        right_C = np.diagonal(self.counts_CC).tolist()
        told = zip(self.classes, samples_C, right_C, said_C, strict=True)
        rows = [ClassRow(name=name, samples=n, right=right, said=said) for name, n, right, said in told]
        known = [row for row in rows if row.samples or row.said]
        return sorted(known, key=lambda row: (2.0 if row.recall is None else row.recall, row.name))

    def mistaken(self, most: int) -> list[Mistaken]:
        """This will give the pairs that are taken for each other most often."""
        wrong_CC = self.counts_CC - np.diag(np.diagonal(self.counts_CC))
        order = np.argsort(-wrong_CC, axis=None, kind="stable")[:most]
        samples_C = self.counts_CC.sum(1)
        places = [divmod(int(place), len(self.classes)) for place in order]
        return [
            Mistaken(
                true=self.classes[true],
                said=self.classes[said],
                count=int(wrong_CC[true, said]),
                share=float(wrong_CC[true, said] / samples_C[true]),
            )
            for true, said in places
            if wrong_CC[true, said]
        ]


def class_order(job: Job) -> tuple[str, ...]:
    """This will give the classes of a job's dataset in its order; none where it is not known."""
    classes = (job.dataset.report if job.dataset is not None else {}).get("classes")
    return tuple(classes) if _are_names(classes) else ()


def confusion_of(job: Job) -> Confusion | None:
    """This will count what a job's answers say on test; None for a job without classes. Raises StorageError."""
    artifact = Artifact.objects.filter(job=job, name=PER_SAMPLE).select_related("blob").first()
    if artifact is None:
        return None
    order = class_order(job)
    return _kept.get((artifact.sha256, *order), lambda: _of_job(open_table(artifact), order))


def count_confusion(table: Table, *, who: str, split: str, order: Sequence[str] = ()) -> Confusion | None:
    """This will count what one of `participants` says on a split, every split for the empty name.

    Classes that are neither true nor said are left out, the others stand in the given order; None without any, and for
    more than MOST_CLASSES. Raises StorageError.
    """
    return _counted(table, order, column=column_of(who, "class"), split=split)


def _are_names(classes: object) -> TypeGuard[list[str]]:
    return isinstance(classes, list) and all(isinstance(one, str) for one in classes)


def _of_job(table: Table, order: Sequence[str]) -> Confusion | None:
    who = next((who for who in WHO if table.has(column_of(who, "class"))), None)
    return None if who is None else count_confusion(table, who=who, split=_TEST, order=order)


def _counted(table: Table, order: Sequence[str], *, column: str, split: str) -> Confusion | None:
    if not table.has(column) or not table.has("label"):
        return None
    try:
        splits, label, said = (pc.cast(table.read(name), "string") for name in ("split", "label", column))
        is_asked = pc.and_(pc.is_valid(label), pc.is_valid(said))
        is_asked = pc.and_(is_asked, pc.equal(splits, split)) if split else is_asked
        label, said = label.filter(is_asked), said.filter(is_asked)
    except pa.ArrowException as error:
        raise StorageError(f"The table of a job's samples cannot be read: {error}.") from error
    found = set(label.unique().to_pylist()) | set(said.unique().to_pylist())
    classes = (*(name for name in order if name in found), *sorted(found - set(order)))
    if not classes or len(classes) > MOST_CLASSES:
        return None
    names = pa.array(classes)
    true_N, said_N = (pc.index_in(one, value_set=names).to_numpy() for one in (label, said))
    flat_N = np.bincount(true_N.astype(np.int64) * len(classes) + said_N, minlength=len(classes) ** 2)
    return Confusion(classes=classes, counts_CC=flat_N.reshape(len(classes), len(classes)))


_kept = Few[Confusion | None]()
