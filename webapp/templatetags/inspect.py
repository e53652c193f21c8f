"""Tags and filters of Inspect, and of the selections that are made there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import QuerySet

from jobs.models import Dataset, Job, Selection
from jobs.queries.inspect.filters import Wanted
from jobs.queries.inspect.table import PER_SAMPLE
from jobs.queries.kinds import is_dense
from jobs.queries.participants import SAMPLES, inspected, is_between_models, participants_of
from jobs.queries.selections import list_selections
from mtkd_engine.spec.online import branches_of

register = template.Library()

TONES = 8
_VIEWS_OF_DENSE = [
    ("Where it is worst", "?sort=student_quality"),
    ("Where it is best", "?sort=-student_quality"),
]


@register.filter
def decimals(value: object) -> str:
    """This will write a quantity with two decimals, or a dash where there is none."""
    if not isinstance(value, int | float):
        return "–"
    text = f"{value:.2f}"
    return (text if float(text) else "0.00").replace("-", "−")


@register.filter
def plain(value: float | None) -> str:
    """This will write a number as an input takes it, nothing where there is none."""
    return "" if value is None else f"{value:.10g}"


@register.filter
def gained(value: float) -> str:
    """This will write a difference of two quantities with its sign."""
    text = f"{value:+.2f}"
    return text.replace("-", "−") if float(text) else "±0.00"


@register.filter
def tone(place: int) -> int:
    """This will give the number of the colour of the teacher at a place."""
    return int(place) % TONES + 1


@register.filter
def sort_key(wanted: Wanted) -> str:
    """This will spell an order for an address."""
    return f"{'-' if wanted.descending else ''}{wanted.sort or 'row'}"


@register.filter
def title_at(heads: list[Any], place: int) -> str:
    """This will give the title of the column at a place."""
    return str(heads[place].title)


@register.simple_tag
def selections_of(dataset: Dataset) -> QuerySet[Selection]:
    """This will list the selections of a dataset."""
    return list_selections(project=dataset.project, dataset=dataset)


@register.filter
def share(value: float | None) -> str:
    """This will write a share as percent with one decimal, or a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f} %"


@register.filter
def between_models(job: Job) -> bool:
    """This will tell whether a job's models taught each other."""
    return is_between_models(job.spec)


@register.filter
def inspect_views(job: Job) -> list[tuple[str, str]]:
    """This will give titles and addresses of ready views of a job's samples; none where the job left no table.

    What they need stands in the spec, so that a job's page reads no table. An address is what follows that of all
    samples.
    """
    if is_between_models(job.spec):
        return _views_of_models(job)
    if not any(artifact.name == PER_SAMPLE for artifact in job.artifacts.all()):
        return []
    several = len(job.spec.get("teachers", ())) > 1 or bool(branches_of(job.spec))
    with_solo = bool((job.spec.get("evaluation") or {}).get("compare_solo"))
    if is_dense(job.spec.get("task")):
        return [("All samples", ""), *_VIEWS_OF_DENSE]
    if job.spec.get("task") == "classification":
        return _views_of_classes(
            several=several, with_solo=with_solo and job.spec["method"]["kind"] != "solo"
        )
    offered = [("All samples", "")]
    offered += [("Where teachers disagree most", "?sort=-disagreement")] if several else []
    if several and with_solo:
        offered += [("Largest gain over solo", "?sort=-gain"), ("Largest loss to solo", "?sort=gain")]
    return offered + ([("Most unequal weights", "?sort=entropy")] if several else [])


def _views_of_models(job: Job) -> list[tuple[str, str]]:
    """All samples of each model that has a table; of the first what was put right and wrong, where it has classes."""
    kept = {artifact.name for artifact in job.artifacts.all()}
    known = [one for one in participants_of(job.result) if one.files.get(SAMPLES) in kept]
    first = inspected(job.result)
    if first is None or not known:
        return []
    offered = [
        (
            f"Samples of {one.name}",
            "" if one.name == first.name else f"?{urlencode({'participant': one.name})}",
        )
        for one in known
    ]
    if job.spec.get("task") == "classification":
        offered += [
            (f"Put right in {first.name}", "?outcome=learned&sort=-gain"),
            (f"Put wrong in {first.name}", "?outcome=forgotten&sort=gain"),
            ("Who takes what for what", "confusion/"),
        ]
    return offered


def _views_of_classes(*, several: bool, with_solo: bool) -> list[tuple[str, str]]:
    offered = [("All samples", ""), ("Who takes what for what", "confusion/")]
    offered += [("Where the student is wrong", "?right=no&sort=student_quality")]
    if several:
        offered += [("Where teachers disagree most", "?outcome=disagree&sort=-disagreement")]
    if with_solo:
        offered += [("Right only with teachers", "?outcome=thanks&sort=-gain")]
    return offered + (
        [("A right teacher is outvoted", "?outcome=outvoted&sort=target_quality")] if several else []
    )
