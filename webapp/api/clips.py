"""Clips of a dataset over REST."""

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

from jobs.queries.kinds import held_by
from webapp.access import dataset_or_404
from webapp.api.documented import refusals
from webapp.api.labelled import LabelledShape, asking_for, labelled_rows
from webapp.downloads import send_clip
from webapp.nouns import IMAGE, noun_of


class ClipShape(LabelledShape):
    """One clip and its class; `row` counts over all splits.

    Sizes are in pixels as it was handed in; of features, `frames` are rows, `width` is their columns, `rate` is 0.
    """

    frames = serializers.IntegerField(allow_null=True)
    rate = serializers.FloatField(allow_null=True, help_text="Frames a second.")


class ClipsShape(serializers.Serializer[Any]):
    """Clips behind a row; ask again with `after` for those that follow, until it is null."""

    clips = ClipShape(many=True)
    after = serializers.IntegerField(allow_null=True)


@extend_schema(
    parameters=asking_for("clips"),
    responses={200: ClipsShape, **refusals(400, 404)},
    operation_id="list_clips",
    tags=["datasets"],
)
@api_view(["GET"])
def clips(request: Request, dataset_id: int) -> Response:
    """List the clips or videos of a dataset, or those that it has features of, in their order: train, val, test."""
    dataset = dataset_or_404(request, dataset_id)
    if noun_of(held_by(dataset)) == IMAGE:
        raise NotFound(f"{dataset.label} is no dataset of clips.")
    return labelled_rows(request, dataset, shape=ClipShape, under="clips")


@extend_schema(
    responses={
        (200, "video/mp4"): OpenApiResponse(OpenApiTypes.BINARY, "The film."),
        (206, "video/mp4"): OpenApiResponse(OpenApiTypes.BINARY, "The range asked for."),
        **refusals(404),
    },
    operation_id="download_clip",
    tags=["datasets"],
)
@api_view(["GET", "HEAD"])
def clip(request: Request, dataset_id: int, row: int) -> HttpResponseBase:
    """Download what people see of the clip in a row, or with `Range` a part of it.

    Its first 20 seconds as H.264: the frame, the motion since the I-frame and the residual side by side.
    """
    return send_clip(request, dataset_or_404(request, dataset_id), row=row)
