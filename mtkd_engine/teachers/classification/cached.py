"""Teachers whose beliefs are computed once and read from the cache: as they are, or several as one row.

How it is used:

    source = yield from prepare_rows(spec, teachers=..., splits={"val": ..., "test": ...}, ...)
    fixed = fixed_weights(spec.method, teachers=..., quality=<of each teacher on val>)     # cache/rows/collapse.py
    source = source.beside((yield from prepare_rows(spec, ..., splits={"train": train}, fixed=fixed)))
    signals = source.signals(batch)

With `fixed`, batches of augmented training views get one belief that stands for all teachers (T = 1): its weight is 1,
and `source.fixed` is what it stands for. Clean views (of training samples, too) always have every teacher.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.cache.rows.build import Produce, fill
from mtkd_engine.cache.rows.collapse import fixed_weights
from mtkd_engine.cache.rows.forms import NotFiniteError
from mtkd_engine.cache.rows.header import Header
from mtkd_engine.cache.rows.read import Reader
from mtkd_engine.cache.rows.table import Table
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.events import Event
from mtkd_engine.spec import ClassificationSpec, MultiTeacherSpec, SpecError
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.rows import MIXTURE, Desk, Part, parts_of


@dataclass(frozen=True)
class CachedSource:
    """Beliefs from the cache; a `SignalSource`."""

    names: Sequence[str]
    readers: Mapping[tuple[str, bool], Reader]
    """By split and whether the image is as it is."""
    fixed: tuple[float, ...] | None = None
    """The weights of all teachers that the one belief on training views stands for; None where each has its own."""

    def signals(self, batch: ClassBatch) -> ClassSignals:
        """This will read every teacher's belief on a batch, or the one that stands for all."""
        reader = self.readers[batch.split, int(batch.views_B.numpy()[0]) == CLEAN]
        log_probs_TBC = reader.log_probs(batch.rows_B, batch.views_B)
        names = self.names if len(log_probs_TBC) == len(self.names) else [self._who_stands_for_all()]
        return ClassSignals(log_probs_TBC, names)

    def _who_stands_for_all(self) -> str:
        assert self.fixed is not None, "a belief of each teacher is one of each"
        return self.names[self.fixed.index(1.0)] if 1.0 in self.fixed else MIXTURE

    def beside(self, other: CachedSource) -> CachedSource:
        """This will read what either has."""
        return CachedSource(self.names, {**self.readers, **other.readers}, other.fixed or self.fixed)


def prepare_rows(
    spec: ClassificationSpec,
    *,
    teachers: Sequence[ClassTeacher],
    splits: Mapping[str, ClassSplit],
    dataset: LabelledDataset,
    cache: Path,
    device: str,
    fixed: Sequence[float] | None = None,
) -> Generator[Event, None, CachedSource]:
    """This will compute the rows that the cache does not have and give what reads them.

    Of every split the images as they are; of one with augmentation the views as well that the spec's epochs show.
    It yields `Entered(part="cache", detail=TEACHER)` before a teacher has to be asked and `Progressed` about once a
    second, and may be closed at any of them. `fixed` says that these weights (one per teacher, sum 1) never change, so
    that only the teachers that have one are asked about training views, and one row is kept. Raises SpecError.
    """
    desk = Desk(spec, dataset, device)
    readers: dict[tuple[str, bool], Reader] = {}
    for split in splits.values():
        for part in parts_of(spec, split):
            if part.is_clean or fixed is None:
                tables = yield from _each(desk, part, teachers, cache=cache)
            else:
                tables = [
                    (yield from _mixed(desk, part, list(zip(teachers, fixed, strict=True)), cache=cache))
                ]
            readers[split.name, part.is_clean] = Reader(tables, device=device)
    return CachedSource(
        [teacher.name for teacher in teachers], readers, None if fixed is None else tuple(fixed)
    )


@dataclass(frozen=True)
class Kept:
    """One entry that a job reads: what it is called, and how its rows are computed."""

    header: Header
    views: tuple[int, ...]
    detail: str
    produce: Callable[[], Produce]


def rows_of(
    spec: ClassificationSpec,
    *,
    teachers: Sequence[ClassTeacher],
    splits: Mapping[str, ClassSplit],
    dataset: LabelledDataset,
    device: str,
) -> Iterator[Kept]:
    """This will list the entries that a job may read: those of each teacher, and of all as one where it mixes them."""
    assert isinstance(spec.method, MultiTeacherSpec)
    desk = Desk(spec, dataset, device)
    fixed = fixed_weights(spec.method, teachers=len(teachers))
    for split in splits.values():
        for part in parts_of(spec, split):
            for one in teachers:
                produce = partial(desk.live, one, part)
                yield Kept(desk.header(part, [(one, 1.0)]), part.views, part.says(one.name), produce)
            if fixed is not None and len(teachers) > 1 and not part.is_clean:
                heard = list(zip(teachers, fixed, strict=True))
                produce = partial(desk.mixed_live, heard, part)
                yield Kept(desk.header(part, heard), part.views, part.says(MIXTURE), produce)


def _each(
    desk: Desk, part: Part, teachers: Sequence[ClassTeacher], *, cache: Path
) -> Generator[Event, None, list[Table]]:
    """The rows of every teacher."""
    tables = []
    for teacher in teachers:
        table = Table(cache, desk.header(part, [(teacher, 1.0)]))
        if table.missing(part.views):
            yield from _filled(table, part, [teacher], produce=desk.live(teacher, part), detail=teacher.name)
        tables.append(table)
    return tables


def _mixed(
    desk: Desk, part: Part, weighed: Sequence[tuple[ClassTeacher, float]], *, cache: Path
) -> Generator[Event, None, Table]:
    """The one row that stands for all; those of single teachers are used, and kept, where they are dense."""
    heard = [(teacher, weight) for teacher, weight in weighed if weight > 0]
    teachers = [teacher for teacher, _ in heard]
    if len(heard) == 1:
        return (yield from _each(desk, part, teachers, cache=cache))[0]
    table = Table(cache, desk.header(part, heard))
    if table.missing(part.views):
        if table.header.form == "dense":
            tables = yield from _each(desk, part, teachers, cache=cache)
            produce = desk.mixed_rows(heard, Reader(tables, device="cpu"))
        else:
            produce = desk.mixed_live(heard, part)
        yield from _filled(table, part, teachers, produce=produce, detail=MIXTURE)
    return table


def _filled(
    table: Table, part: Part, teachers: Sequence[ClassTeacher], *, produce: Produce, detail: str
) -> Generator[Event, None, None]:
    """Compute what is missing; networks leave the device afterwards, where the student needs the room."""
    try:
        yield from fill(table, views=part.views, produce=produce, detail=part.says(detail))
    except NotFiniteError:
        given = ", ".join(repr(teacher.name) for teacher in teachers)
        raise SpecError(
            {
                "teachers": f"given {given}, with outputs on {part.split.name} that are not finite; accepted are "
                "teachers that give finite scores."
            }
        ) from None
    finally:
        for teacher in teachers:
            if teacher.model is not None:
                teacher.model.to("cpu")
