"""Projects over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.access import projects_of
from webapp.access import user_of
from webapp.api.shapes import ProjectShape


@extend_schema(responses=ProjectShape(many=True), tags=["projects"], operation_id="list_projects")
@api_view(["GET"])
def projects(request: Request) -> Response:
    """List the projects one may look at."""
    return Response(ProjectShape(projects_of(user_of(request)), many=True).data)
