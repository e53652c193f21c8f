"""Jobs over REST: submit, list, read, cancel, promote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import State
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.registrations import promote
from jobs.queries.jobs import job_detail, list_jobs
from mtkd_engine.spec import parse
from webapp.access import job_or_404, project_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.registrations import taken_on
from webapp.api.shapes import (
    JobDetailShape,
    JobShape,
    PromotionShape,
    RegistrationShape,
    SubmissionShape,
)

MOST = 200


@extend_schema(
    methods=["GET"],
    parameters=[
        PROJECT,
        OpenApiParameter("state", str, enum=State.values),
        OpenApiParameter("limit", int, description=f"At most {MOST}; 50 unless given."),
        OpenApiParameter("before", int, description="Only jobs with a lower id: the last id of a page."),
    ],
    responses={200: JobShape(many=True), **refusals(400, 404)},
    operation_id="list_jobs",
    tags=["jobs"],
)
@extend_schema(
    methods=["POST"],
    parameters=[
        OpenApiParameter("project", str, description="With it, the body is the bare spec, as in a YAML file.")
    ],
    request={"application/json": SubmissionShape, "application/yaml": SubmissionShape},
    responses={201: JobDetailShape, **refusals(400, 403, 404)},
    operation_id="submit_job",
    tags=["jobs"],
)
@api_view(["GET", "POST"])
def jobs(request: Request) -> Response:
    """List a project's jobs, newest first, or submit one."""
    return _listed(request) if request.method == "GET" else _submitted(request)


@extend_schema(responses={200: JobDetailShape, **refusals(404)}, operation_id="read_job", tags=["jobs"])
@api_view(["GET"])
def job(request: Request, job_id: int) -> Response:
    """Read one job with its spec, attempts and result."""
    found = job_or_404(request, job_id)
    return Response(JobDetailShape(job_detail(job_id=found.pk)).data)


@extend_schema(
    request=None,
    responses={200: JobDetailShape, **refusals(403, 404, 409)},
    operation_id="cancel_job",
    tags=["jobs"],
)
@api_view(["PUT"])
def cancellation(request: Request, job_id: int) -> Response:
    """Ask for a job to be stopped; asking twice is the same as once."""
    found = request_cancel(job=job_or_404(request, job_id), user=user_of(request))
    return Response(JobDetailShape(job_detail(job_id=found.pk)).data)


@extend_schema(
    request=PromotionShape,
    responses={202: RegistrationShape, **refusals(400, 403, 404)},
    operation_id="promote_job",
    tags=["jobs"],
)
@api_view(["POST"])
def promotion(request: Request, job_id: int) -> Response:
    """Ask for the student of a succeeded job to become a teacher of its project."""
    found = job_or_404(request, job_id)
    shape = PromotionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    return taken_on(promote(job=found, user=user_of(request), name=shape.validated_data["name"]))


def _listed(request: Request) -> Response:
    project = project_or_404(request, query.text(request, "project"))
    state = query.text(request, "state", default="")
    if state and state not in State.values:
        raise ValidationError({"state": f"given {state!r}, accepted is one of {', '.join(State.values)}."})
    found = list_jobs(
        project=project,
        state=state or None,
        limit=query.number(request, "limit", default=50, low=1, high=MOST) or 50,
        before_id=query.number(request, "before", default=None, low=1, high=2**62),
    )
    return Response(JobShape(found, many=True).data)


def _submitted(request: Request) -> Response:
    slug, raw = _submission(request)
    project = project_or_404(request, slug)
    found = submit(project=project, user=user_of(request), spec=parse(raw))
    answer = Response(JobDetailShape(job_detail(job_id=found.pk)).data, status=status.HTTP_201_CREATED)
    answer["Location"] = reverse("api-job", args=[found.pk])
    return answer


def _submission(request: Request) -> tuple[str, Any]:
    """A body is `{project, spec}`, or the bare spec where the address names the project."""
    body = request.data
    slug = request.query_params.get("project")
    if slug is not None:
        return slug, body
    if not isinstance(body, Mapping):
        raise ValidationError({"": "The body must be a mapping with the keys project and spec."})
    shape = SubmissionShape(data=dict(body))
    shape.is_valid(raise_exception=True)
    return shape.validated_data["project"], shape.validated_data["spec"]
