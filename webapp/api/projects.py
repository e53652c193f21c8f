"""Projects over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.operations.projects import change_project
from jobs.queries.access import projects_of
from webapp.access import project_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.shapes import ProjectChangeShape, ProjectShape


@extend_schema(responses=ProjectShape(many=True), tags=["projects"], operation_id="list_projects")
@api_view(["GET"])
def projects(request: Request) -> Response:
    """List the projects one may look at."""
    return Response(ProjectShape(projects_of(user_of(request)), many=True).data)


@extend_schema(
    methods=["GET"],
    responses={200: ProjectShape, **refusals(404)},
    operation_id="read_project",
    tags=["projects"],
)
@extend_schema(
    methods=["PATCH"],
    request=ProjectChangeShape,
    responses={200: ProjectShape, **refusals(400, 403, 404)},
    operation_id="change_project",
    tags=["projects"],
)
@api_view(["GET", "PATCH"])
def project(request: Request, slug: str) -> Response:
    """Read one project, or set its limits."""
    found = project_or_404(request, slug)
    if request.method == "PATCH":
        shape = ProjectChangeShape(data=request.data)
        shape.is_valid(raise_exception=True)
        found = change_project(project=found, user=user_of(request), **shape.validated_data)
    return Response(ProjectShape(found).data)
