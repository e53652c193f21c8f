"""Samples of a dataset over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.kinds import GROUNDING, held_by
from jobs.queries.samples import SPLITS, samples_after
from jobs.storage.blobs import StorageError
from jobs.storage.previews import sample_files
from webapp.access import dataset_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.paging import NEXT, leading_on
from webapp.downloads import send_blob
from webapp.nouns import IMAGE, noun_of

LAST_ROW = 2**40


class SampleShape(serializers.Serializer[Any]):
    """One sentence and where it happens, in seconds; `row` counts over all splits."""

    row = serializers.IntegerField()
    id = serializers.CharField()
    split = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    video = serializers.CharField()
    duration = serializers.FloatField()
    windows = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    sentence = serializers.CharField()


class SamplesShape(serializers.Serializer[Any]):
    """Samples behind a row; ask again with `after` for those that follow, until it is null."""

    samples = SampleShape(many=True)
    after = serializers.IntegerField(allow_null=True)


@extend_schema(
    parameters=[
        OpenApiParameter("split", str, description="train, val or test; all unless given."),
        OpenApiParameter("q", str, description="Only samples whose sentence, id or video holds this text."),
        OpenApiParameter("after", int, description="Only samples behind this row."),
        OpenApiParameter("limit", int, description="At most 1000; 50 unless given."),
        NEXT,
    ],
    responses={200: SamplesShape, **refusals(400, 404)},
    operation_id="list_samples",
    tags=["datasets"],
)
@api_view(["GET"])
def samples(request: Request, dataset_id: int) -> Response:
    """List the samples of a dataset in their order: train, val, test."""
    dataset = dataset_or_404(request, dataset_id)
    split = query.choice(request, "split", accepted=SPLITS)
    after = query.number(request, "after", default=None, low=0, high=LAST_ROW)
    limit = query.number(request, "limit", default=50, low=1, high=1000) or 50
    try:
        files = sample_files(dataset)
    except StorageError as error:
        raise NotFound(str(error)) from None
    if files is None:
        if dataset.task != GROUNDING:
            noun = noun_of(held_by(dataset))
            place = "images" if noun == IMAGE else "clips"
            raise NotFound(f"{dataset.label} is a dataset of {noun}s; they are listed under {place}/.")
        raise NotFound(f"{dataset.label} was registered before samples were kept.")
    text = query.text(request, "q", default="")[:200]
    found, go_on = samples_after(
        files, after=-1 if after is None else after, split=split, text=text, limit=limit
    )
    answer = Response({"samples": [asdict(sample) for sample in found], "after": go_on})
    return answer if go_on is None else leading_on(answer, request, after=go_on)


@extend_schema(
    responses={
        (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The video."),
        (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The range asked for."),
        **refusals(404),
    },
    operation_id="download_video",
    tags=["datasets"],
)
@api_view(["GET", "HEAD"])
def video(request: Request, dataset_id: int, name: str) -> HttpResponseBase:
    """Download a video of a dataset, which a sample names in `video`, or with `Range` a part of it."""
    dataset = dataset_or_404(request, dataset_id)
    file = dataset.files.filter(name=f"videos/{name}").select_related("blob").first()
    if file is None:
        raise NotFound(f"{dataset.label} has no video named {name[:200]!r}.")
    return send_blob(request, file.blob, name=name.rpartition("/")[2], media_type="application/octet-stream")
