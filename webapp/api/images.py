"""Images of a dataset over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.kinds import GROUNDING, held_by
from mtkd_engine.data.images.kinds import MEDIA_TYPES
from webapp.access import dataset_or_404
from webapp.api.documented import refusals
from webapp.api.labelled import LabelledShape, asking_for, labelled_rows
from webapp.downloads import send_image
from webapp.nouns import IMAGE, noun_of


class ImageShape(LabelledShape):
    """One image and its class; `row` counts over all splits, sizes are in pixels."""

    kind = serializers.CharField(allow_null=True, help_text="png, jpeg, webp, gif or bmp.")


class ImagesShape(serializers.Serializer[Any]):
    """Images behind a row; ask again with `after` for those that follow, until it is null."""

    images = ImageShape(many=True)
    after = serializers.IntegerField(allow_null=True)


@extend_schema(
    parameters=asking_for("images"),
    responses={200: ImagesShape, **refusals(400, 404)},
    operation_id="list_images",
    tags=["datasets"],
)
@api_view(["GET"])
def images(request: Request, dataset_id: int) -> Response:
    """List the images of a dataset in their order: train, val, test."""
    dataset = dataset_or_404(request, dataset_id)
    if dataset.task != GROUNDING and (noun := noun_of(held_by(dataset))) != IMAGE:
        raise NotFound(f"{dataset.label} is a dataset of {noun}s; they are listed under clips/.")
    return labelled_rows(request, dataset, shape=ImageShape, under="images")


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
