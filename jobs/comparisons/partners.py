"""Which models of a project could learn most from each other on a dataset, from what they said when measured.

Shape suffixes: N samples.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.comparisons.samples import Few
from jobs.queries.zoo import ZooModel
from jobs.storage.outcomes import stored_outcomes
from mtkd_engine.comparing.complement import Known
from mtkd_engine.comparing.expertise import Area, expertise
from mtkd_engine.comparing.partners import Pair, ranked
from mtkd_engine.predictions.outcomes import Outcomes, words_of

MOST_MODELS = 24
MOST_PAIRS = 20
SPLITS = ("val", "test")


@dataclass(frozen=True, kw_only=True)
class Partners:
    """Pairs of models, the most promising first, on `samples` that all of `compared` (names) were asked.

    There are `more` pairs, which have less to gain. `left_out` are models that were asked none of the samples of the
    others, or are too many.
    """

    split: str
    samples: int
    compared: tuple[str, ...]
    left_out: tuple[str, ...]
    pairs: tuple[Pair, ...]
    more: int = 0


def find_partners(models: Sequence[ZooModel], *, split: str, of: str | None = None) -> Partners:
    """This will rank the pairs among measured models, or those of one of them; no pairs where fewer than two are known.

    At most MOST_MODELS are held against each other, the best of them. Raises StorageError.
    """
    measured = sorted(
        (one for one in models if one.measurement is not None),
        key=lambda one: (
            one.teacher.name != of,
            -next(iter(one.metrics(split).values()), 0.0),
            one.teacher.name,
        ),
    )
    key = (split, of or "", *(f"{one.teacher.name}\n{_sha256(one)}" for one in measured))
    return _found.get(key, lambda: _ranked(measured, split=split, of=of))


def areas_of(first: ZooModel, second: ZooModel, *, split: str) -> list[Area]:
    """This will hold two measured classifiers against each other class by class, largest lead first.

    None for models of masks and maps, which say no class. Raises StorageError.
    """
    key = (split, _sha256(first), _sha256(second))
    return _areas.get(key, lambda: _held_together(first, second, split=split))


def _ranked(measured: Sequence[ZooModel], *, split: str, of: str | None) -> Partners:
    parts = {one.teacher.name: _outcomes(one).split(split) for one in measured[:MOST_MODELS]}
    parts = {name: part for name, part in parts.items() if len(part)}
    same = next(iter(parts.values())).measure if parts else ""
    parts = {name: part for name, part in parts.items() if part.measure == same}
    left_out = tuple(sorted({one.teacher.name for one in measured} - parts.keys()))
    if len(parts) < 2 or (of is not None and of not in parts):
        samples = max(map(len, parts.values()), default=0)
        return Partners(split=split, samples=samples, compared=tuple(parts), left_out=left_out, pairs=())
    known, first = _together(parts)
    pairs = ranked(known, words_of(first.sources), of=of, most=MOST_PAIRS) if len(first) else []
    all_pairs = len(parts) - 1 if of is not None else math.comb(len(parts), 2)
    return Partners(
        split=split,
        samples=len(first),
        compared=tuple(parts),
        left_out=left_out,
        pairs=tuple(pairs),
        more=all_pairs - len(pairs) if pairs else 0,
    )


def _together(parts: dict[str, Outcomes]) -> tuple[dict[str, Known], Outcomes]:
    """All on the samples that each of them was asked."""
    ids = functools.reduce(_common, [part.ids for part in parts.values()])
    chosen = {name: part if part.ids.equals(ids) else part.of(ids) for name, part in parts.items()}
    return {name: part.known() for name, part in chosen.items()}, next(iter(chosen.values()))


def _held_together(first: ZooModel, second: ZooModel, *, split: str) -> list[Area]:
    parts = {side: _outcomes(one).split(split) for side, one in (("first", first), ("second", second))}
    if not all(len(part) and part.has_classes for part in parts.values()):
        return []
    known, told = _together(parts)
    if not len(told):
        return []
    labels_N = words_of(told.labels)
    areas = expertise(
        known["first"],
        known["second"],
        labels_N,
        words_of(told.sources),
        classes=sorted(set(labels_N.tolist())),
    )
    return sorted(areas, key=lambda one: (-abs(one.lead.mean), one.name))


def _common(one: pa.Array, other: pa.Array) -> pa.Array:
    return one if one.equals(other) else one.filter(pc.is_in(one, value_set=other))


def _outcomes(model: ZooModel) -> Outcomes:
    assert model.measurement is not None
    return stored_outcomes(model.measurement.outcomes, teacher=model.teacher.name)


def _sha256(model: ZooModel) -> str:
    return "" if model.measurement is None else model.measurement.outcomes_id


_found = Few[Partners]()
_areas = Few[list[Area]]()
