"""Baselines over REST: named jobs of a project that others are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Baseline
from jobs.operations.baselines import remove_baseline, set_baseline
from jobs.queries.baselines import list_baselines
from jobs.queries.final_metrics import of_jobs
from webapp.access import project_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.gate_shapes import AskedBaselineShape, BaselineShape
from webapp.api.paging import PAGED, listed, of_query


@extend_schema(
    parameters=[*PAGED],
    responses={200: BaselineShape(many=True), **refusals(400, 404)},
    operation_id="list_baselines",
    tags=["baselines"],
)
@api_view(["GET"])
def baselines(request: Request, slug: str) -> Response:
    """List a project's baselines by name, each with the final metrics of its job."""
    project = project_or_404(request, slug)
    found = of_query(request, list_baselines(project), order=("name", "id"))
    return listed(request, found, _shown(found.rows))


@extend_schema(
    methods=["GET"],
    responses={200: BaselineShape, **refusals(404)},
    operation_id="read_baseline",
    tags=["baselines"],
)
@extend_schema(
    methods=["PUT"],
    request=AskedBaselineShape,
    responses={200: BaselineShape, **refusals(400, 403, 404)},
    operation_id="set_baseline",
    tags=["baselines"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404)},
    operation_id="remove_baseline",
    tags=["baselines"],
)
@api_view(["GET", "PUT", "DELETE"])
def baseline(request: Request, slug: str, name: str) -> Response:
    """Read one baseline; give its name to a job that succeeded; or take the name away."""
    project = project_or_404(request, slug)
    if request.method == "PUT":
        shape = AskedBaselineShape(data=request.data)
        shape.is_valid(raise_exception=True)
        made = set_baseline(
            project=project, user=user_of(request), name=name, job_id=shape.validated_data["job"]
        )
        return Response(_shown([made])[0])
    found = list_baselines(project).filter(name=name).first()
    if found is None:
        raise Http404("This project has no such baseline.")
    if request.method == "DELETE":
        remove_baseline(project=project, user=user_of(request), name=name)
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(_shown([found])[0])


def _shown(rows: Sequence[Baseline]) -> Any:
    context = {"final_metrics": of_jobs(row.job_id for row in rows)}
    return BaselineShape(rows, many=True, context=context).data
