"""Two jobs on the same samples: which ones one of them won, and by how much.

Shape suffixes: N samples that both answered.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.comparisons.pairs import Compared
from jobs.models import Artifact, Job
from jobs.queries.inspect.filters import Wanted, find_rows
from jobs.queries.inspect.table import PER_SAMPLE, Table
from jobs.storage.blobs import StorageError
from jobs.storage.tables import open_table
from mtkd_engine.comparing import intervals, summed

BINS = 40
SORTS = ("gain", "own", "other")
_QUALITY = ("student", "target")
"""Whose answers count: those of the student, or of a combination of teachers that trained none."""
_SOURCE = ("source_id", "video_id")
_MOST_KEPT = 8

Rows = NDArray[np.int64]
Numbers = NDArray[np.float64]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Answers:
    """A job's table; `who` begins the names of the columns that hold its answers."""

    table: Table
    who: str
    sha256: str

    @property
    def quality(self) -> str:
        """The column that says how good its answers are, from 0 to 1: an IoU, or the probability of the true class."""
        return next(name for name in _columns(self.who) if self.table.has(name))


@dataclass(frozen=True)
class Joined:
    """Samples that both answered, in the order of the first table: rows in both tables, and how good both were."""

    own_rows_N: Rows
    other_rows_N: Rows
    own_N: Numbers
    other_N: Numbers

    @functools.cached_property
    def gain_N(self) -> Numbers:
        """How good the first was minus how good the other was."""
        return self.own_N - self.other_N

    def sorted_by(self, key: str, *, descending: bool) -> Rows:
        """This will give places in an order of SORTS; equals stay in the order of the table."""
        values_N = {"gain": self.gain_N, "own": self.own_N, "other": self.other_N}[key]
        order: Rows = np.argsort(-values_N if descending else values_N, kind="stable").astype(np.int64)
        return order

    def counts(self) -> tuple[list[float], list[int]]:
        """This will count gains in BINS equal parts of -1..1: their edges, and how many lie between."""
        counts, edges = np.histogram(self.gain_N, bins=BINS, range=(-1.0, 1.0))
        return [round(edge, 6) for edge in edges.tolist()], counts.tolist()


def answers_of(job: Job) -> Answers | None:
    """This will open a job's table; None where it left none, or one that tells of no answer. Raises StorageError."""
    artifact = Artifact.objects.filter(job=job, name=PER_SAMPLE).select_related("blob").first()
    if artifact is None:
        return None
    table = open_table(artifact)
    who = next((who for who in _QUALITY if any(map(table.has, _columns(who)))), None)
    return None if who is None else Answers(table, who, artifact.sha256)


def _columns(who: str) -> tuple[str, ...]:
    return f"{who}_iou", f"{who}_quality"


def join(own: Answers, other: Answers, wanted: Wanted) -> Joined:
    """This will find the samples of `own` that are wanted and that both answered. Raises StorageError."""
    whole = _joins.get((own.sha256, other.sha256), lambda: _whole(own, other))
    if wanted == Wanted():
        return whole
    is_wanted = np.zeros(own.table.rows, dtype=np.bool_)
    is_wanted[find_rows(own.table, wanted)] = True
    chosen_N = is_wanted[whole.own_rows_N]
    return Joined(
        whole.own_rows_N[chosen_N],
        whole.other_rows_N[chosen_N],
        whole.own_N[chosen_N],
        whole.other_N[chosen_N],
    )


def _whole(own: Answers, other: Answers) -> Joined:
    try:
        places = pc.index_in(own.table.read("sample_id"), value_set=other.table.read("sample_id"))
    except pa.ArrowException as error:
        raise StorageError("The tables of both jobs name their samples in different ways.") from error
    matched = pc.fill_null(places, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    own_N, other_N = own.table.numbers(own.quality), other.table.numbers(other.quality)
    there_N = (matched >= 0) & np.isfinite(own_N)
    there_N[there_N] &= np.isfinite(other_N[matched[there_N]])
    rows_N: Rows = np.flatnonzero(there_N).astype(np.int64)
    return Joined(rows_N, matched[rows_N], own_N[rows_N], other_N[matched[rows_N]])


def difference_of(own: Answers, other: Answers, split: str) -> Compared | None:
    """This will judge the mean gain on a split (all for none) by a paired bootstrap over sources; None without samples.

    Raises StorageError.
    """
    key = (own.sha256, other.sha256, split)
    return _judgements.get(key, lambda: _judged(own, join(own, other, Wanted(split=split))))


def _judged(own: Answers, found: Joined) -> Compared | None:
    source = next((name for name in _SOURCE if own.table.has(name)), None)
    if source is None or not len(found.own_N):
        return None
    names = own.table.read(source).take(pa.array(found.own_rows_N)).dictionary_encode()
    sources_N = pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False)
    judged = intervals([summed(found.own_N, found.other_N, sources_N)])[0]
    return Compared(mean=judged.mean, low=judged.low, high=judged.high, seeds=1, samples=len(found.own_N))


def splits_of(own: Answers, found: Joined) -> list[str]:
    """This will name the splits of the samples that both answered, test first."""
    words = own.table.read("split").take(pa.array(found.own_rows_N)).unique().to_pylist()
    return sorted((word for word in words if word is not None), key=lambda word: (word != "test", word))


class Few(Generic[Made]):
    """The last few that were made: pages of a list are asked for one after the other."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, ...], Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > _MOST_KEPT:
                self._held.popitem(last=False)
        return made


_joins = Few[Joined]()
_judgements = Few[Compared | None]()


def columns_of(answers: Answers, rows: Rows, names: tuple[str, ...]) -> dict[str, list[Any]]:
    """This will read some columns in some rows; one that the table does not have is all None."""
    return {
        name: answers.table.take(name, rows) if answers.table.has(name) else [None] * len(rows)
        for name in names
    }
