"""The zoo over REST: a project's models on a dataset, their partners, and measurements to ask for."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Dataset
from jobs.operations.measurements import measure
from jobs.queries.sources import find_dataset, list_teachers
from jobs.storage.blobs import StorageError
from webapp.access import project_or_404, user_of
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.registrations import taken_on
from webapp.api.shapes import RegistrationShape
from webapp.api.zoo_shapes import AskedMeasurementShape, ExpertiseShape, PartnersShape, ZooShape
from webapp.zoo import NotInZooError, dataset_of, expertise, partners, split_of
from webapp.zoo import zoo as told_of

ON = [
    OpenApiParameter(
        "dataset", str, required=True, description="Label of a dataset: its name, or name@version."
    ),
    OpenApiParameter("split", str, description="val or test; val unless given."),
]
OF = OpenApiParameter("of", str, description="Name of a model: only its pairs, in which it is the first.")
BOTH = [
    OpenApiParameter(side, str, required=True, description=f"Name of the {side} model.")
    for side in ("first", "second")
]


@extend_schema(
    parameters=ON,
    responses={200: ZooShape, **refusals(400, 404)},
    operation_id="read_zoo",
    tags=["zoo"],
)
@api_view(["GET"])
def zoo(request: Request, slug: str) -> Response:
    """List the models of a project that can be compared on a dataset, with what was measured there."""
    dataset, split = _asked(request, slug)
    return Response(ZooShape(told_of(dataset, split=split)).data)


@extend_schema(
    parameters=[*ON, OF],
    responses={200: PartnersShape, **refusals(400, 404)},
    operation_id="find_partners",
    tags=["zoo"],
)
@api_view(["GET"])
def zoo_partners(request: Request, slug: str) -> Response:
    """Rank pairs of measured models by what both could gain from each other at most, before any training."""
    dataset, split = _asked(request, slug)
    try:
        found = partners(dataset, split=split, of=query.text(request, "of", default=""))
    except NotInZooError as error:
        raise ValidationError(error.fields) from None
    except StorageError as error:
        raise NotFound(str(error)) from None
    return Response(PartnersShape(found).data)


@extend_schema(
    parameters=[*ON, *BOTH],
    responses={200: ExpertiseShape, **refusals(400, 404)},
    operation_id="read_expertise",
    tags=["zoo"],
)
@api_view(["GET"])
def zoo_expertise(request: Request, slug: str) -> Response:
    """Hold two measured classifiers against each other class by class."""
    dataset, split = _asked(request, slug)
    chosen = {side: query.text(request, side) for side in ("first", "second")}
    try:
        found = expertise(dataset, split=split, **chosen)
    except NotInZooError as error:
        raise ValidationError(error.fields) from None
    except StorageError as error:
        raise NotFound(str(error)) from None
    return Response(ExpertiseShape(found).data)


@extend_schema(
    request=AskedMeasurementShape,
    responses={202: RegistrationShape, **refusals(400, 403, 404)},
    operation_id="measure_teacher",
    tags=["zoo"],
)
@api_view(["POST"])
def zoo_measurements(request: Request, slug: str) -> Response:
    """Ask for a teacher to be measured on a dataset; one that is under way is answered with again."""
    project = project_or_404(request, slug)
    shape = AskedMeasurementShape(data=request.data)
    shape.is_valid(raise_exception=True)
    given = shape.validated_data
    teacher = list_teachers(project=project, archived=None).filter(name=given["teacher"]).first()
    dataset = find_dataset(project, given["dataset"])
    missing = {
        field: f"given {given[field]!r}, accepted is the name of a {field} of this project."
        for field, found in (("teacher", teacher), ("dataset", dataset))
        if found is None
    }
    if teacher is None or dataset is None:
        raise ValidationError(missing)
    return taken_on(measure(teacher=teacher, dataset=dataset, user=user_of(request)))


def _asked(request: Request, slug: str) -> tuple[Dataset, str]:
    project = project_or_404(request, slug)
    try:
        dataset = dataset_of(project, query.text(request, "dataset"))
        split = split_of(query.text(request, "split", default=""))
    except NotInZooError as error:
        raise ValidationError(error.fields) from None
    if dataset is None:
        raise NotFound("This project has no dataset on which models are compared.")
    return dataset, split
