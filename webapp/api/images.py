"""Images of a dataset over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Dataset
from jobs.queries.images import images_after
from jobs.queries.kinds import CLASSIFICATION, held_by
from jobs.queries.samples import SPLITS
from jobs.storage.blobs import StorageError
from jobs.storage.previews import labelled_files
from mtkd_engine.data.images.kinds import MEDIA_TYPES
from mtkd_engine.spec.classification.kinds import IMAGES
from webapp.access import dataset_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.paging import NEXT, leading_on
from webapp.downloads import class_of, send_image

LAST_ROW = 2**40
FIELDS = ("row", "id", "split", "source", "label", "sha256", "width", "height", "kind")


class ImageShape(serializers.Serializer[Any]):
    """One image and its class; `row` counts over all splits, sizes are in pixels."""

    row = serializers.IntegerField()
    id = serializers.CharField()
    split = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    label = serializers.IntegerField()  # type: ignore[assignment]
    name = serializers.CharField(help_text="The name of the class.")
    sha256 = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField(allow_null=True, help_text="png, jpeg, webp, gif or bmp.")


class ImagesShape(serializers.Serializer[Any]):
    """Images behind a row; ask again with `after` for those that follow, until it is null."""

    images = ImageShape(many=True)
    after = serializers.IntegerField(allow_null=True)


@extend_schema(
    parameters=[
        OpenApiParameter("split", str, description="train, val or test; all unless given."),
        OpenApiParameter("class", str, description="Only images of the class of this name."),
        OpenApiParameter("q", str, description="Only images whose id or source holds this text."),
        OpenApiParameter("after", int, description="Only images behind this row."),
        OpenApiParameter("limit", int, description="At most 1000; 50 unless given."),
        NEXT,
    ],
    responses={200: ImagesShape, **refusals(400, 404)},
    operation_id="list_images",
    tags=["datasets"],
)
@api_view(["GET"])
def images(request: Request, dataset_id: int) -> Response:
    """List the images of a dataset in their order: train, val, test."""
    dataset = dataset_or_404(request, dataset_id)
    if dataset.task == CLASSIFICATION and held_by(dataset) != IMAGES:
        raise NotFound(f"{dataset.label} is a dataset of clips; they are listed under clips/.")
    rows, go_on = labelled_rows(request, dataset, fields=FIELDS)
    answer = Response({"images": rows, "after": go_on})
    return answer if go_on is None else leading_on(answer, request, after=go_on)


@extend_schema(
    responses={
        **{(200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The image.") for kind in MEDIA_TYPES.values()},
        **refusals(404),
    },
    operation_id="download_image",
    tags=["datasets"],
)
@api_view(["GET", "HEAD"])
def image(request: Request, dataset_id: int, row: int) -> HttpResponseBase:
    """Download the image in a row of a dataset as it was handed in, or the picture of a clip."""
    return send_image(request, dataset_or_404(request, dataset_id), row=row)


def labelled_rows(
    request: Request, dataset: Dataset, *, fields: Sequence[str]
) -> tuple[list[dict[str, Any]], int | None]:
    """This will read what the address asks for of the samples of a dataset with classes, and where to go on."""
    split = query.choice(request, "split", accepted=SPLITS)
    after = query.number(request, "after", default=None, low=0, high=LAST_ROW)
    limit = query.number(request, "limit", default=50, low=1, high=1000) or 50
    text = query.text(request, "q", default="")[:200]
    classes = [str(name) for name in dataset.report.get("classes") or []]
    label = _label(query.text(request, "class", default=""), classes, dataset)
    try:
        files = labelled_files(dataset)
    except StorageError as error:
        raise NotFound(str(error)) from None
    if files is None:
        raise NotFound(f"{dataset.label} is no dataset of images.")
    found, go_on = images_after(
        files, after=-1 if after is None else after, split=split, label=label, text=text, limit=limit
    )
    rows = [
        {**{name: getattr(one, name) for name in fields}, "name": class_of(one, classes)} for one in found
    ]
    return rows, go_on


def _label(name: str, classes: list[str], dataset: Dataset) -> int | None:
    if not name:
        return None
    if name not in classes:
        raise ValidationError({"class": f"given {name[:60]!r}, which is no class of {dataset.label}."})
    return classes.index(name)
