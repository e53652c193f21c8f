"""Saved views of a project's table of jobs over REST."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import SavedView
from jobs.operations.views import LONGEST_ADDRESS, LONGEST_NAME, change_view, delete_view, save_view
from jobs.queries.views import list_views
from webapp.access import project_or_404, user_of, view_or_404
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_query
from webapp.api.shapes import StrictShape


class ViewShape(serializers.ModelSerializer[SavedView]):
    """A view: `address` is what stands behind the question mark of the table of jobs (`q`, `sort`, `columns`)."""

    project = serializers.CharField(source="project.slug", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, allow_null=True)

    class Meta:
        model = SavedView
        fields: tuple[str, ...] = ("id", "project", "name", "address", "created_by", "created_at")
        read_only_fields = fields


class ViewChangeShape(StrictShape):
    """What to change of a view."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    address = serializers.CharField(max_length=LONGEST_ADDRESS, required=False, allow_blank=True)


class AskedViewShape(StrictShape):
    """A view to save; of its address only `q`, `sort` and `columns` are kept."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    address = serializers.CharField(max_length=LONGEST_ADDRESS, allow_blank=True)


@extend_schema(
    methods=["GET"],
    parameters=[*PAGED],
    responses={200: ViewShape(many=True), **refusals(400, 404)},
    operation_id="list_views",
    tags=["views"],
)
@extend_schema(
    methods=["POST"],
    request=AskedViewShape,
    responses={201: ViewShape, **refusals(400, 403, 404)},
    operation_id="save_view",
    tags=["views"],
)
@api_view(["GET", "POST"])
def views(request: Request, slug: str) -> Response:
    """List the saved views of a project by name, or save one for all its members."""
    project = project_or_404(request, slug)
    if request.method == "GET":
        found = of_query(request, list_views(project), order=("name", "id"))
        return listed(request, found, ViewShape(found.rows, many=True).data)
    shape = AskedViewShape(data=request.data)
    shape.is_valid(raise_exception=True)
    made = save_view(project=project, user=user_of(request), **shape.validated_data)
    answer = Response(ViewShape(made).data, status=status.HTTP_201_CREATED)
    answer["Location"] = reverse("api-view", args=[project.slug, made.pk])
    return answer


@extend_schema(
    methods=["GET"],
    responses={200: ViewShape, **refusals(404)},
    operation_id="read_view",
    tags=["views"],
)
@extend_schema(
    methods=["PATCH"],
    request=ViewChangeShape,
    responses={200: ViewShape, **refusals(400, 403, 404)},
    operation_id="change_view",
    tags=["views"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404)},
    operation_id="delete_view",
    tags=["views"],
)
@api_view(["GET", "PATCH", "DELETE"])
def view(request: Request, slug: str, view_id: int) -> Response:
    """Read a saved view, rename it or give it another address, or delete it."""
    found = view_or_404(request, slug, view_id)
    if request.method == "DELETE":
        delete_view(view=found, user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
    if request.method == "PATCH":
        shape = ViewChangeShape(data=request.data)
        shape.is_valid(raise_exception=True)
        found = change_view(view=found, user=user_of(request), **shape.validated_data)
    return Response(ViewShape(found).data)
