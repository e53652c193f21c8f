"""Workers over REST: who is there and does what; making one take nothing new."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import User
from jobs.operations.workers import request_drain, undrain
from jobs.queries.access import projects_of
from jobs.queries.workers import WorkerState, find_worker, list_workers
from webapp.access import operator_of, user_of
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_all
from webapp.api.shapes import StrictShape

STATES = ("idle", "busy", "draining", "drained", "silent", "stopped")


class WorkerShape(serializers.Serializer[Any]):
    """A worker; `job` and `registration` are what it works on, where that is in a project one may look at."""

    id = serializers.IntegerField(source="row.pk")
    name = serializers.CharField(source="row.name")
    state = serializers.ChoiceField(choices=STATES)
    host = serializers.CharField(source="row.host")
    pid = serializers.IntegerField(source="row.pid")
    queues = serializers.ListField(source="row.queues", child=serializers.CharField())
    device = serializers.CharField(source="row.device")
    device_name = serializers.CharField(source="row.device_name")
    threads = serializers.IntegerField(source="row.threads")
    memory_bytes = serializers.IntegerField(source="row.memory_bytes")
    memory_free_bytes = serializers.IntegerField(source="row.memory_free_bytes")
    disk_free_bytes = serializers.IntegerField(source="row.disk_free_bytes")
    versions = serializers.DictField(source="row.versions", child=serializers.CharField())
    clock_ahead = serializers.FloatField(source="row.clock_ahead")
    started_at = serializers.DateTimeField(source="row.started_at")
    seen_at = serializers.DateTimeField(source="row.seen_at")
    stopped_at = serializers.DateTimeField(source="row.stopped_at", allow_null=True)
    drain_requested_at = serializers.DateTimeField(source="row.drain_requested_at", allow_null=True)
    drain_now = serializers.BooleanField(source="row.drain_now")
    job = serializers.SerializerMethodField()
    registration = serializers.SerializerMethodField()

    def get_job(self, state: WorkerState) -> int | None:
        """This will name the job it works on, to those who may look at it."""
        attempt = state.job
        return attempt.job_id if attempt and attempt.job.project_id in self.context["projects"] else None

    def get_registration(self, state: WorkerState) -> int | None:
        """This will name the registration it works on, to those who may look at it."""
        row = state.registration
        return row.pk if row and row.project_id in self.context["projects"] else None


class DrainShape(StrictShape):
    """How to drain: with `now` it hands back what it works on, else it finishes that first."""

    now = serializers.BooleanField(required=False, default=False)


@extend_schema(
    parameters=[*PAGED],
    responses={200: WorkerShape(many=True), **refusals(400)},
    tags=["workers"],
    operation_id="list_workers",
)
@api_view(["GET"])
def workers(request: Request) -> Response:
    """List the workers that were heard of in the last week."""
    found = of_all(request, list_workers(), key=lambda worker: worker.row.name)
    shown = WorkerShape(found.rows, many=True, context=_context(user_of(request)))
    return listed(request, found, shown.data)


@extend_schema(
    methods=["PUT"],
    request=DrainShape,
    responses={200: WorkerShape, **refusals(400, 403, 404)},
    operation_id="drain_worker",
    tags=["workers"],
)
@extend_schema(
    methods=["DELETE"],
    request=None,
    responses={200: WorkerShape, **refusals(403, 404)},
    operation_id="undrain_worker",
    tags=["workers"],
)
@api_view(["PUT", "DELETE"])
def drain(request: Request, worker_id: int) -> Response:
    """Make a worker take nothing new, or take work again; for superusers of the installation."""
    user = operator_of(request)
    found = _found(worker_id)
    if request.method == "DELETE":
        undrain(worker=found.row, user=user)
    else:
        asked = DrainShape(data=request.data)
        asked.is_valid(raise_exception=True)
        request_drain(worker=found.row, user=user, now=asked.validated_data["now"])
    return Response(WorkerShape(_found(worker_id), context=_context(user)).data)


def _found(worker_id: int) -> WorkerState:
    found = find_worker(worker_id=worker_id)
    if found is None:
        raise Http404("There is no such worker, or it was not heard of for a week.")
    return found


def _context(user: User) -> dict[str, Any]:
    return {"projects": set(projects_of(user).values_list("pk", flat=True))}
