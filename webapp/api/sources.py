"""Datasets and teachers over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.operations.datasets import register_dataset
from jobs.operations.teachers import register_teacher
from jobs.queries.sources import list_datasets, list_teachers
from webapp.access import dataset_or_404, project_or_404, teacher_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.shapes import DatasetShape, RegistrationShape, TeacherShape


@extend_schema(
    methods=["GET"],
    parameters=[PROJECT],
    responses={200: DatasetShape(many=True), **refusals(400, 404)},
    operation_id="list_datasets",
    tags=["datasets"],
)
@extend_schema(
    methods=["POST"],
    request=RegistrationShape,
    responses={201: DatasetShape, **refusals(400, 403, 404)},
    operation_id="register_dataset",
    tags=["datasets"],
)
@api_view(["GET", "POST"])
def datasets(request: Request) -> Response:
    """List a project's datasets, or register one from a folder on the server."""
    if request.method == "GET":
        project = project_or_404(request, query.text(request, "project"))
        return Response(DatasetShape(list_datasets(project=project), many=True).data)
    given = _registration(request)
    project = project_or_404(request, given.pop("project"))
    dataset = register_dataset(project=project, user=user_of(request), **given)
    return Response(DatasetShape(dataset).data, status=status.HTTP_201_CREATED)


@extend_schema(responses={200: DatasetShape, **refusals(404)}, operation_id="read_dataset", tags=["datasets"])
@api_view(["GET"])
def dataset(request: Request, dataset_id: int) -> Response:
    """Read one dataset."""
    return Response(DatasetShape(dataset_or_404(request, dataset_id)).data)


@extend_schema(
    methods=["GET"],
    parameters=[PROJECT],
    responses={200: TeacherShape(many=True), **refusals(400, 404)},
    operation_id="list_teachers",
    tags=["teachers"],
)
@extend_schema(
    methods=["POST"],
    request=RegistrationShape,
    responses={201: TeacherShape, **refusals(400, 403, 404)},
    operation_id="register_teacher",
    tags=["teachers"],
)
@api_view(["GET", "POST"])
def teachers(request: Request) -> Response:
    """List a project's teachers, or register one from a model file on the server."""
    if request.method == "GET":
        project = project_or_404(request, query.text(request, "project"))
        return Response(TeacherShape(list_teachers(project=project), many=True).data)
    given = _registration(request)
    project = project_or_404(request, given.pop("project"))
    teacher = register_teacher(project=project, user=user_of(request), **given)
    return Response(TeacherShape(teacher).data, status=status.HTTP_201_CREATED)


@extend_schema(responses={200: TeacherShape, **refusals(404)}, operation_id="read_teacher", tags=["teachers"])
@api_view(["GET"])
def teacher(request: Request, teacher_id: int) -> Response:
    """Read one teacher."""
    return Response(TeacherShape(teacher_or_404(request, teacher_id)).data)


def _registration(request: Request) -> dict[str, Any]:
    shape = RegistrationShape(data=request.data)
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)
