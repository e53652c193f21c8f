"""What lists of images and of clips over REST have in common."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Dataset
from jobs.queries.images import images_after
from jobs.queries.samples import SPLITS
from jobs.storage.blobs import StorageError
from jobs.storage.previews import labelled_files
from webapp.api import query
from webapp.api.paging import NEXT, leading_on
from webapp.downloads import class_of

LAST_ROW = 2**40


class LabelledShape(serializers.Serializer[Any]):
    """One sample and its class; `row` counts over all splits."""

    row = serializers.IntegerField()
    id = serializers.CharField()
    split = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    label = serializers.IntegerField(  # type: ignore[assignment]
        allow_null=True,
        help_text="The number of its class; null where it has none of its own, as under a mask.",
    )
    name = serializers.CharField(help_text="The name of the class, empty where it has none.")
    sha256 = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


def asking_for(samples: str) -> list[OpenApiParameter]:
    """This will document what the address of a list may ask for; `samples` says of what."""
    return [
        OpenApiParameter("split", str, description="train, val or test; all unless given."),
        OpenApiParameter("class", str, description=f"Only {samples} of the class of this name."),
        OpenApiParameter("q", str, description=f"Only {samples} whose id or source holds this text."),
        OpenApiParameter("after", int, description=f"Only {samples} behind this row."),
        OpenApiParameter("limit", int, description="At most 1000; 50 unless given."),
        NEXT,
    ]


def labelled_rows(request: Request, dataset: Dataset, *, shape: type[LabelledShape], under: str) -> Response:
    """This will answer with what the address asks for of the samples of a dataset, and where to go on."""
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
    told = [name for name in shape().get_fields() if name != "name"]
    rows = [{**{name: getattr(one, name) for name in told}, "name": class_of(one, classes)} for one in found]
    answer = Response({under: rows, "after": go_on})
    return answer if go_on is None else leading_on(answer, request, after=go_on)


def _label(name: str, classes: list[str], dataset: Dataset) -> int | None:
    if not name:
        return None
    if name not in classes:
        raise ValidationError({"class": f"given {name[:60]!r}, which is no class of {dataset.label}."})
    return classes.index(name)
