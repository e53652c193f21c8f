"""Figures for Prometheus: of the whole installation, and of this web process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from rest_framework.decorators import api_view
from rest_framework.request import Request

from jobs.queries.figures import Figures, figures
from webapp.measuring import COUNTED

Labels = TypeVar("Labels", bound=tuple[str, ...])


@extend_schema(
    responses={(200, "text/plain"): OpenApiTypes.STR}, operation_id="read_figures", tags=["operations"]
)
@api_view(["GET"])
def prometheus(request: Request) -> HttpResponse:  # noqa: ARG001
    """Read the figures that Prometheus collects."""
    of_all = CollectorRegistry()
    of_all.register(_Given(figures()))
    text = generate_latest(of_all) + generate_latest(COUNTED)
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Given(Collector):
    """Spells figures that were read before, so that the database is asked once."""

    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """This will yield one family after the other."""
        found = self._found
        yield _family("jobs", "Jobs that have not ended.", ("queue", "state"), found.jobs)
        ended = {(state,): count for state, count in found.ended.items()}
        yield _family("jobs_ended_estimated", "Jobs that have ended, by the planner.", ("state",), ended)
        waiting = {(queue,): age for queue, age in found.waiting_seconds.items()}
        yield _family("oldest_waiting_seconds", "Age of the job that waits longest.", ("queue",), waiting)
        yield _single("registrations_waiting", "Registrations in the queue.", found.registrations_waiting)
        workers = {(queue,): count for queue, count in found.workers.items()}
        yield _family("workers_alive", "Workers heard of lately.", ("queue",), workers)
        if found.reaper_seconds is not None:
            yield _single(
                "reaper_age_seconds", "Since silent workers were looked after.", found.reaper_seconds
            )
        behind = found.recorder_behind_bytes
        yield _single("recorder_behind_bytes", "Most bytes of a journal that wait to be recorded.", behind)
        yield _single("events_estimated", "Events stored, by the planner.", found.events)
        yield _single("points_estimated", "Points of metrics stored, by a sample.", found.points)
        yield _single("database_bytes", "Size of the database on its disk.", found.database_bytes)


def _family(
    name: str, about: str, labels: tuple[str, ...], values: Mapping[Labels, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"mtkd_{name}", about, labels=labels)
    for given, value in values.items():
        family.add_metric(given, value)
    return family


def _single(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"mtkd_{name}", about, value=value)
