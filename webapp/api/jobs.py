"""Jobs over REST: submit, list, read, delete, promote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Job
from jobs.operations.jobs import submit
from jobs.operations.lifecycle import delete_job
from jobs.operations.registrations import promote
from jobs.operations.tags import describe_job
from jobs.queries.jobs import job_detail
from jobs.queries.looks import look_at_job
from jobs.queries.queues import why_waiting
from mtkd_engine.spec import is_group, parse
from mtkd_engine.spec.load import GROUP_KEYS
from webapp.access import job_or_404, project_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.elsewhere import ElsewhereShape, asks_for_elsewhere, begun_elsewhere
from webapp.api.job_shapes import (
    DescriptionShape,
    JobDetailShape,
    PromotionShape,
    ScheduleShape,
    SubmissionShape,
)
from webapp.api.job_table import COLUMNS, FOUND_BY, ListedJobShape, listed_jobs
from webapp.api.paging import PAGED
from webapp.api.registrations import taken_on
from webapp.api.shapes import RegistrationShape
from webapp.api.waiting import WAIT, awaited

BESIDE = ("queue", "priority", "deadline")
ASKED = PolymorphicProxySerializer(
    component_name="Asked", serializers=[SubmissionShape, ElsewhereShape], resource_type_field_name=None
)


@extend_schema(
    methods=["GET"],
    parameters=[*FOUND_BY, COLUMNS, *PAGED],
    responses={200: ListedJobShape(many=True), **refusals(400, 404)},
    operation_id="list_jobs",
    tags=["jobs"],
)
@extend_schema(
    methods=["POST"],
    parameters=[
        OpenApiParameter(
            "project", str, description="With it, the body is the bare spec, as in a YAML file."
        ),
        OpenApiParameter("queue", str, description="For a bare spec: as in the body."),
        OpenApiParameter("priority", int, description="For a bare spec: as in the body."),
        OpenApiParameter("deadline", str, description="For a bare spec: as in the body."),
    ],
    request={"application/json": ASKED, "application/yaml": ASKED},
    responses={201: JobDetailShape, **refusals(400, 403, 404)},
    operation_id="submit_job",
    tags=["jobs"],
)
@api_view(["GET", "POST"])
def jobs(request: Request) -> Response:
    """List the jobs of a project that a query finds, or submit one."""
    return listed_jobs(request) if request.method == "GET" else _submitted(request)


@extend_schema(
    methods=["GET"],
    parameters=[WAIT],
    responses={200: JobDetailShape, **refusals(400, 404)},
    operation_id="read_job",
    tags=["jobs"],
)
@extend_schema(
    methods=["PATCH"],
    request=DescriptionShape,
    responses={200: JobDetailShape, **refusals(400, 403, 404, 409)},
    operation_id="describe_job",
    tags=["jobs"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404, 409)},
    operation_id="delete_job",
    tags=["jobs"],
)
@api_view(["GET", "PATCH", "DELETE"])
def job(request: Request, job_id: int) -> Response:
    """Read one job with its spec, attempts and result; change what is said of it; or delete it, once it has ended."""
    found = job_or_404(request, job_id)
    if request.method == "PATCH":
        shape = DescriptionShape(data=request.data)
        shape.is_valid(raise_exception=True)
        describe_job(job=found, user=user_of(request), **shape.validated_data)
        return Response(detail(found.pk))
    if request.method == "DELETE":
        delete_job(job=found, user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
    return awaited(
        request,
        look=partial(look_at_job, found.pk),
        read=partial(detail, found.pk),
        allowed=partial(job_or_404, request, job_id),
    )


@extend_schema(
    request=PromotionShape,
    responses={202: RegistrationShape, **refusals(400, 403, 404)},
    operation_id="promote_job",
    tags=["jobs"],
)
@api_view(["POST"])
def promotion(request: Request, job_id: int) -> Response:
    """Ask for the student of a succeeded job, or one participant of it, to become a teacher of its project."""
    found = job_or_404(request, job_id)
    shape = PromotionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    return taken_on(promote(job=found, user=user_of(request), **shape.validated_data))


def _submitted(request: Request) -> Response:
    if asks_for_elsewhere(request.data) and "project" not in request.query_params:
        return created(begun_elsewhere(request))
    slug, raw, beside = submission(request)
    project = project_or_404(request, slug)
    if is_group(raw):
        key = next(key for key in GROUP_KEYS if key in raw)
        raise ValidationError({key: "it makes a group of jobs; POST /api/v1/groups/ takes them."})
    return created(submit(project=project, user=user_of(request), spec=parse(raw), **beside))


def submission(request: Request) -> tuple[str, Any, dict[str, Any]]:
    """This will read a body: `{project, spec, ...}`, or the bare spec where the address names the project."""
    body, address = request.data, request.query_params
    slug = address.get("project")
    if slug is not None:
        beside = ScheduleShape(data={name: address[name] for name in address if name != "project"})
        beside.is_valid(raise_exception=True)
        return slug, body, _given(beside.validated_data)
    if not isinstance(body, Mapping):
        raise ValidationError({"": "The body must be a mapping with the keys project and spec."})
    if lost := [name for name in BESIDE if name in address]:
        raise ValidationError({lost[0]: "beside a body with project and spec, it belongs into the body."})
    if "spec" not in body and "data" in body:
        raise ValidationError(
            {"project": "beside a bare spec it is given in the address, as in ?project=SLUG."}
        )
    shape = SubmissionShape(data=dict(body))
    shape.is_valid(raise_exception=True)
    asked = shape.validated_data
    return asked["project"], asked["spec"], _given(asked)


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in BESIDE if name in asked}


def created(job: Job) -> Response:
    """This will answer with a job that was submitted just now, and where it is."""
    answer = Response(detail(job.pk), status=status.HTTP_201_CREATED)
    answer["Location"] = reverse("api-job", args=[job.pk])
    return answer


def detail(job_id: int) -> dict[str, Any]:
    """This will describe a job, with the reason why it waits; Http404 when it was deleted this moment."""
    try:
        found = job_detail(job_id=job_id)
    except Job.DoesNotExist:
        raise Http404("This job was deleted.") from None
    return dict(JobDetailShape(found, context={"waits": why_waiting(found)}).data)
