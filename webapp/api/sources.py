"""Datasets and teachers over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Dataset, RegistrationKind, Teacher
from jobs.operations.registrations import register
from jobs.operations.removal import archive, delete, unarchive
from jobs.queries.sources import list_datasets, list_teachers
from webapp.access import dataset_or_404, project_or_404, teacher_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.paging import PAGED, listed, of_query
from webapp.api.registrations import taken_on
from webapp.api.shapes import (
    AskedDatasetShape,
    AskedShape,
    AskedTeacherShape,
    DatasetShape,
    RegistrationShape,
    TeacherShape,
)

ARCHIVED = OpenApiParameter("archived", bool, description="true for the archived ones instead of the others.")
WITH_DEPENDENTS = OpenApiParameter(
    "with_dependents", bool, description="true to delete the jobs and predictions that need it too."
)


@extend_schema(
    methods=["GET"],
    parameters=[PROJECT, ARCHIVED, *PAGED],
    responses={200: DatasetShape(many=True), **refusals(400, 404)},
    operation_id="list_datasets",
    tags=["datasets"],
)
@extend_schema(
    methods=["POST"],
    request=AskedDatasetShape,
    responses={202: RegistrationShape, **refusals(400, 403, 404)},
    operation_id="register_dataset",
    tags=["datasets"],
)
@api_view(["GET", "POST"])
def datasets(request: Request) -> Response:
    """List a project's datasets, or ask for one to be registered from uploads or a path on the server."""
    if request.method == "GET":
        project = project_or_404(request, query.text(request, "project"))
        found = list_datasets(project=project, archived=_flag(request, "archived"))
        some = of_query(request, found, order=("name", "-version", "id"))
        return listed(request, some, DatasetShape(some.rows, many=True).data)
    return _register(request, RegistrationKind.DATASET, AskedDatasetShape)


@extend_schema(
    methods=["GET"],
    responses={200: DatasetShape, **refusals(404)},
    operation_id="read_dataset",
    tags=["datasets"],
)
@extend_schema(
    methods=["DELETE"],
    parameters=[WITH_DEPENDENTS],
    responses={204: None, **refusals(403, 404, 409)},
    operation_id="delete_dataset",
    tags=["datasets"],
)
@api_view(["GET", "DELETE"])
def dataset(request: Request, dataset_id: int) -> Response:
    """Read one dataset, or delete it."""
    found = dataset_or_404(request, dataset_id)
    return _deleted(request, found) if request.method == "DELETE" else Response(DatasetShape(found).data)


@extend_schema(
    methods=["PUT"],
    request=None,
    responses={200: DatasetShape, **refusals(403, 404)},
    operation_id="archive_dataset",
    tags=["datasets"],
)
@extend_schema(
    methods=["DELETE"],
    responses={200: DatasetShape, **refusals(403, 404)},
    operation_id="unarchive_dataset",
    tags=["datasets"],
)
@api_view(["PUT", "DELETE"])
def dataset_archive(request: Request, dataset_id: int) -> Response:
    """Offer a dataset to no new job (PUT), or to jobs again (DELETE)."""
    found = dataset_or_404(request, dataset_id)
    _archive(request, found)
    return Response(DatasetShape(found).data)


@extend_schema(
    methods=["GET"],
    parameters=[PROJECT, ARCHIVED, *PAGED],
    responses={200: TeacherShape(many=True), **refusals(400, 404)},
    operation_id="list_teachers",
    tags=["teachers"],
)
@extend_schema(
    methods=["POST"],
    request=AskedTeacherShape,
    responses={202: RegistrationShape, **refusals(400, 403, 404)},
    operation_id="register_teacher",
    tags=["teachers"],
)
@api_view(["GET", "POST"])
def teachers(request: Request) -> Response:
    """List a project's teachers, or ask for one to be registered from uploads or a file on the server."""
    if request.method == "GET":
        project = project_or_404(request, query.text(request, "project"))
        found = list_teachers(project=project, archived=_flag(request, "archived"))
        some = of_query(request, found, order=("name", "id"))
        return listed(request, some, TeacherShape(some.rows, many=True).data)
    return _register(request, RegistrationKind.TEACHER, AskedTeacherShape)


@extend_schema(
    methods=["GET"],
    responses={200: TeacherShape, **refusals(404)},
    operation_id="read_teacher",
    tags=["teachers"],
)
@extend_schema(
    methods=["DELETE"],
    parameters=[WITH_DEPENDENTS],
    responses={204: None, **refusals(403, 404, 409)},
    operation_id="delete_teacher",
    tags=["teachers"],
)
@api_view(["GET", "DELETE"])
def teacher(request: Request, teacher_id: int) -> Response:
    """Read one teacher, or delete it."""
    found = teacher_or_404(request, teacher_id)
    return _deleted(request, found) if request.method == "DELETE" else Response(TeacherShape(found).data)


@extend_schema(
    methods=["PUT"],
    request=None,
    responses={200: TeacherShape, **refusals(403, 404)},
    operation_id="archive_teacher",
    tags=["teachers"],
)
@extend_schema(
    methods=["DELETE"],
    responses={200: TeacherShape, **refusals(403, 404)},
    operation_id="unarchive_teacher",
    tags=["teachers"],
)
@api_view(["PUT", "DELETE"])
def teacher_archive(request: Request, teacher_id: int) -> Response:
    """Offer a teacher to no new job (PUT), or to jobs again (DELETE)."""
    found = teacher_or_404(request, teacher_id)
    _archive(request, found)
    return Response(TeacherShape(found).data)


def _register(request: Request, kind: RegistrationKind, shape_of: type[AskedShape]) -> Response:
    shape = shape_of(data=request.data)
    shape.is_valid(raise_exception=True)
    given: dict[str, Any] = dict(shape.validated_data)
    project = project_or_404(request, given.pop("project"))
    return taken_on(register(project=project, user=user_of(request), kind=kind, **given))


def _deleted(request: Request, source: Dataset | Teacher) -> Response:
    delete(source, with_dependents=_flag(request, "with_dependents"))
    return Response(status=status.HTTP_204_NO_CONTENT)


def _archive(request: Request, source: Dataset | Teacher) -> None:
    (unarchive if request.method == "DELETE" else archive)(source)


def _flag(request: Request, name: str) -> bool:
    given = query.text(request, name, default="false")
    if given not in {"true", "false"}:
        raise ValidationError({name: f"given {given!r}, accepted is true or false."})
    return given == "true"
