"""What a job or a group would take before it is submitted: how many jobs, and what they keep of their teachers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from jobs.models import Dataset, Project
from jobs.operations.errors import UnableToSubmit
from jobs.operations.fitting import classes_of
from jobs.operations.groups import refused_at
from jobs.operations.jobs import fitted
from jobs.operations.selections import named_selections
from mtkd_engine.cache.rows.sizes import CacheSize, cache_sizes
from mtkd_engine.spec import ClassificationSpec, Spec, expand, is_group, parse


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The beliefs of one teacher on one split of a dataset."""

    dataset: str
    size: CacheSize


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`jobs` are to be submitted; `kept` is what they share in the caches of their workers, each once."""

    jobs: int
    kept: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        """All that is kept."""
        return sum(one.size.bytes for one in self.kept)


@transaction.atomic
def plan_of(*, project: Project, document: object) -> Plan:
    """This will read a spec or a group document and say what it would take; nothing is submitted.

    Raises SpecError and UnableToSubmit as submitting does.
    """
    if not is_group(document):
        spec = parse(document)
        return Plan(jobs=1, kept=tuple(_kept([(spec, _checked(project, spec))])))
    expanded = expand(document)
    firsts = {cell: spec for cell, _, spec in reversed(expanded.cells)}
    on: list[tuple[Spec, Dataset]] = []
    for cell, spec in firsts.items():
        try:
            on.append((spec, _checked(project, spec)))
        except UnableToSubmit as refusal:
            raise refused_at(expanded.places[cell], refusal) from None
    return Plan(jobs=len(expanded.cells), kept=tuple(_kept(on)))


def _checked(project: Project, spec: Spec) -> Dataset:
    dataset, _ = fitted(project, spec)
    named_selections(spec, dataset)
    return dataset


def _kept(specs: Iterable[tuple[Spec, Dataset]]) -> list[Kept]:
    """What several jobs share is kept once: the views are the same where augmentation and epochs are."""
    found: dict[tuple[object, ...], Kept] = {}
    for spec, dataset in specs:
        if not isinstance(spec, ClassificationSpec):
            continue
        for size in cache_sizes(spec, samples=_samples(dataset), classes=len(classes_of(dataset))):
            key = (
                dataset.pk,
                size.teacher,
                size.split,
                bool(size.views),
                spec.data,
                size.bytes // (size.rows or 1),
            )
            known = found.get(key)
            if known is None or known.size.rows < size.rows:
                found[key] = Kept(dataset=dataset.label, size=size)
    return list(found.values())


def _samples(dataset: Dataset) -> dict[str, int]:
    """How many samples the splits of a dataset have, as far as its report says."""
    splits = dataset.report.get("splits") or {}
    counts = {name: (split or {}).get("samples") for name, split in splits.items()}
    return {name: count for name, count in counts.items() if isinstance(count, int)}
