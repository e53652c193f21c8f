"""Final metrics: what the result of a job says in numbers, one row for each, to be searched, sorted and judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jobs.models import FinalMetric, Job, State
from jobs.queries.participants import learners_of, mapping, metrics_of

LONGEST_NAME = 200
MOST_NAMES = 2_000
_COSTS = (
    ("student.params", "parameters"),
    ("student.macs", "macs"),
    ("student.memory_bytes", "memory_bytes"),
    ("latency_ms.p50", "latency_ms"),
    ("latency_ms.p90", "latency_p90_ms"),
)


def keep_final_metrics(job: Job) -> dict[str, float]:
    """This will write the final metrics of a job that has ended, in place of those it had, and return them.

    Only a job that succeeded has any. The caller is in the transaction that ends it.
    """
    FinalMetric.objects.filter(job=job).delete()
    if job.state != State.SUCCEEDED:
        return {}
    found = final_metrics_of(
        job.result, elsewhere=job.elsewhere, started_at=job.started_at, finished_at=job.finished_at
    )
    FinalMetric.objects.bulk_create(
        FinalMetric(job=job, name=name, value=value) for name, value in found.items()
    )
    return found


def final_metrics_of(
    result: Mapping[str, Any] | None,
    *,
    elsewhere: bool,
    started_at: datetime | None,
    finished_at: datetime | None,
) -> dict[str, float]:
    """This will read the finite numbers of a result: `test/miou`, `val/miou`, `uniform/miou`, `student.params`, ...

    Those of a job trained elsewhere keep the names that its owner gave them. `seconds` are from start to end. Of models
    that teach each other, each that learned has `test/NAME/top1`, `test/NAME/gain` and `test/NAME/gain_over_alone`.
    """
    named = _as_given(result or {}) if elsewhere else _of_a_result(result or {})
    found: dict[str, float] = {}
    for name, value in named:
        number = finite(value)
        if number is not None and 0 < len(name) <= LONGEST_NAME and len(found) < MOST_NAMES:
            found[name] = number
    if started_at is not None and finished_at is not None:
        found.setdefault("seconds", max(0.0, (finished_at - started_at).total_seconds()))
    return found


def finite(value: object) -> float | None:
    """This will give a finite number as a float, and None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _as_given(result: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in mapping(result.get("metrics")).items():
        yield str(name), value


def _of_a_result(result: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    tables = {
        "test": metrics_of(result),
        "val": mapping(result.get("best")).get("val"),
        **mapping(result.get("baselines")),
    }
    for table, values in tables.items():
        for name, value in mapping(values).items():
            yield f"{table}/{name}", value
    yield "student.params", result.get("parameters")
    cost = mapping(mapping(result.get("cost")).get("student"))
    for name, key in _COSTS:
        yield name, cost.get(key)
    yield "best_step", result.get("best_step")
    yield from _of_participants(result)


def _of_participants(result: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What each model that learned gained; its own metrics stand among those of the result."""
    for one in learners_of(result):
        for key in ("gain", "gain_over_alone"):
            yield f"test/{one.name}/{key}", one.told.get(key)
