"""Projects over REST."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.operations.projects import change_project, create_project
from jobs.queries.access import projects_of
from webapp.access import project_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_query
from webapp.api.shapes import NewProjectShape, ProjectChangeShape, ProjectShape


@extend_schema(
    methods=["GET"],
    parameters=[*PAGED],
    responses={200: ProjectShape(many=True), **refusals(400)},
    operation_id="list_projects",
    tags=["projects"],
)
@extend_schema(
    methods=["POST"],
    request=NewProjectShape,
    responses={201: ProjectShape, **refusals(400, 403)},
    operation_id="create_project",
    tags=["projects"],
)
@api_view(["GET", "POST"])
def projects(request: Request) -> Response:
    """List the projects one may look at, by name; or make one, whose administrator one then is."""
    user = user_of(request)
    if request.method == "GET":
        found = of_query(request, projects_of(user), order=("name", "id"))
        return listed(request, found, ProjectShape(found.rows, many=True).data)
    shape = NewProjectShape(data=request.data)
    shape.is_valid(raise_exception=True)
    made = create_project(name=shape.validated_data["name"], user=user)
    answer = Response(ProjectShape(made).data, status=status.HTTP_201_CREATED)
    answer["Location"] = reverse("api-project", args=[made.slug])
    return answer


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
