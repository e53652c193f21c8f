"""Columns of the table of jobs: what of a job's row can be shown and sorted by, fields of specs, final metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Case, F, FilteredRelation, FloatField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Lower, NullIf

from jobs.models import Dataset, Job, Project
from jobs.queries.final_metrics import TEST, value_of
from jobs.queries.table.expressions import SpecValue, gate_outcome
from jobs.queries.table.names import LONGEST_NAME, is_spec_path, parts
from mtkd_engine.spec.measures import GROUNDING, MEASURES

Kind = Literal[
    "state", "name", "word", "tags", "text", "number", "progress", "time", "gate", "spec", "metric"
]
Plain = str | float | int | bool | list[Any] | dict[str, Any] | datetime | None
_BEFORE, _AFTER = ("state", "name", "method", "dataset", "queue", "progress"), ("created",)
DEFAULT = (*_BEFORE, f"{TEST}{GROUNDING.told}", *_AFTER)
MOST = 40


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column by its name in addresses; `order` is what the database sorts by, None where it cannot."""

    name: str
    title: str
    kind: Kind
    read: Callable[[Job, Mapping[str, float]], Plain]
    order: Callable[[], Combinable] | None

    @property
    def is_number(self) -> bool:
        """Whether its values are set to the right, with the digits below each other."""
        return self.kind in {"number", "metric"}


def column_of(name: str) -> Column:
    """This will find a column by its name: of the row, of the spec by its dotted path, else a final metric.

    Raises ValueError, a sentence about the name, for what can be none of them.
    """
    if name in OF_ROW:
        return OF_ROW[name]
    if not 0 < len(name) <= LONGEST_NAME or "," in name or not name.isprintable():
        raise ValueError(
            f"given {name[:40]!r}, accepted is one of {', '.join(OF_ROW)}, a field of the spec such as "
            "optim.learning_rate, or the name of a final metric"
        )
    if is_spec_path(name):
        return Column(
            name=name,
            title=name,
            kind="spec",
            read=lambda job, _: _at(job.spec, parts(name)),
            order=lambda: SpecValue(name),
        )
    return Column(
        name=name, title=name, kind="metric", read=lambda _, metrics: value_of(metrics, name), order=None
    )


def usual_in(project: Project) -> tuple[str, ...]:
    """This will name the columns to show unless others are chosen: results by what the project's tasks are told by."""
    tasks = set(Dataset.objects.filter(project=project).order_by().values_list("task", flat=True).distinct())
    told = [f"{TEST}{measures.told}" for task, measures in MEASURES.items() if task in tasks]
    return (*_BEFORE, *told, *_AFTER) if told else DEFAULT


def columns_of(names: Iterable[str]) -> list[Column]:
    """This will find columns by their names, each once; raises ValueError."""
    chosen = list(dict.fromkeys(names))
    if len(chosen) > MOST:
        raise ValueError(f"given {len(chosen)} columns, accepted are {MOST}")
    return [column_of(name) for name in chosen]


def with_sort_key(jobs: QuerySet[Job], column: Column) -> QuerySet[Job]:
    """This will annotate what a column sorts by as `sort_key`; metrics are joined, so that the plan can hash them."""
    if column.kind != "metric":
        assert column.order is not None
        return jobs.annotate(sort_key=column.order())
    return jobs.annotate(
        own_metric=FilteredRelation("final_metrics", condition=Q(final_metrics__name=column.name)),
        test_metric=FilteredRelation("final_metrics", condition=Q(final_metrics__name=f"test/{column.name}")),
        sort_key=Coalesce("own_metric__value", "test_metric__value"),
    )


def _at(spec: Any, path: list[str]) -> Plain:
    """What stands at a path; of a list on the way the values of all that is in it."""
    for place, part in enumerate(path):
        if isinstance(spec, list) and not part.isdecimal():
            found = [_at(item, path[place:]) for item in spec]
            return [value for value in found if value is not None] or None
        if isinstance(spec, list):
            spec = spec[int(part)] if len(part) < 6 and int(part) < len(spec) else None
        else:
            spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec  # type: ignore[no-any-return]


def done(job: Job) -> float:
    """This will give a job's progress from 0 to 1."""
    if job.state == "succeeded":
        return 1.0
    return min(1.0, job.step / job.total_steps) if job.total_steps else 0.0


def _done() -> Combinable:
    return Case(
        When(state="succeeded", then=Value(1.0)),
        When(total_steps__gt=0, then=Cast("step", FloatField()) / F("total_steps")),
        default=Value(0.0),
        output_field=FloatField(),
    )


def _gate(job: Job) -> str | None:
    cell = (job.spec.get("group") or {}).get("cell")
    outcome = job.group.gate_outcome if job.group and cell == "" else job.gate_outcome
    return outcome or None


def _column(
    name: str,
    title: str,
    kind: Kind,
    read: Callable[[Job], Plain],
    order: Callable[[], Combinable] | None = None,
) -> Column:
    return Column(name=name, title=title, kind=kind, read=lambda job, _: read(job), order=order)


_ALL = (
    _column("id", "Number", "number", lambda job: job.pk, lambda: F("pk")),
    _column("state", "State", "state", lambda job: job.state, lambda: F("state")),
    _column("name", "Job", "name", lambda job: job.name, lambda: Lower("name")),
    _column(
        "method",
        "Method",
        "word",
        lambda job: "elsewhere" if job.elsewhere else (job.spec.get("method") or {}).get("kind"),
        lambda: SpecValue("method.kind"),
    ),
    _column(
        "dataset",
        "Dataset",
        "word",
        lambda job: job.dataset.label if job.dataset else job.spec.get("dataset"),
        lambda: Lower("dataset__name"),
    ),
    _column("queue", "Queue", "word", lambda job: None if job.elsewhere else job.queue, lambda: F("queue")),
    _column("priority", "Priority", "number", lambda job: job.priority, lambda: F("priority")),
    _column("progress", "Progress", "progress", done, _done),
    _column("step", "Step", "number", lambda job: job.step, lambda: F("step")),
    _column(
        "by",
        "Submitted by",
        "word",
        lambda job: job.submitted_by.username if job.submitted_by else None,
        lambda: Lower("submitted_by__username"),
    ),
    _column(
        "group",
        "Group",
        "word",
        lambda job: job.group.name if job.group else None,
        lambda: Lower("group__name"),
    ),
    _column(
        "gate",
        "Gate",
        "gate",
        _gate,
        lambda: NullIf(gate_outcome(), Value("")),
    ),
    _column("tags", "Tags", "tags", lambda job: job.tags),
    _column("notes", "Notes", "text", lambda job: job.notes or None),
    _column("created", "Submitted", "time", lambda job: job.created_at, lambda: F("created_at")),
    _column("started", "Started", "time", lambda job: job.started_at, lambda: F("started_at")),
    _column("finished", "Ended", "time", lambda job: job.finished_at, lambda: F("finished_at")),
    _column("deadline", "Deadline", "time", lambda job: job.deadline_at, lambda: F("deadline_at")),
)
OF_ROW = {column.name: column for column in _ALL}
