"""Selections over REST: named lists of samples that jobs leave out or test on."""

from __future__ import annotations

from typing import Any

from django.http import Http404, QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Dataset, Job, Project, Selection
from jobs.operations.selections import MOST_SAMPLES, create_selection, delete_selection
from jobs.queries.inspect.filters import find_rows
from jobs.queries.selections import list_selections
from jobs.queries.sources import find_dataset
from jobs.storage.blobs import StorageError
from jobs.storage.tables import per_sample_table
from webapp.access import project_or_404, selection_or_404, user_of
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_query
from webapp.api.participants import NAME, participant_of
from webapp.api.shapes import StrictShape
from webapp.forms.inspect import read_asked, unknown_keys


class SelectionShape(serializers.ModelSerializer[Selection]):
    """A selection; specs name it in data.leave_out and data.test_on of jobs on its dataset."""

    project = serializers.CharField(source="project.slug", read_only=True)
    dataset = serializers.CharField(source="dataset.label", read_only=True)

    class Meta:
        model = Selection
        fields: tuple[str, ...] = ("id", "project", "dataset", "name", "count", "from_job", "created_at")
        read_only_fields = fields


class SelectionDetailShape(SelectionShape):
    """A selection with the ids of its samples."""

    samples = serializers.SerializerMethodField()

    class Meta(SelectionShape.Meta):
        fields = (*SelectionShape.Meta.fields, "samples")
        read_only_fields = fields

    def get_samples(self, selection: Selection) -> list[str]:
        """This will unpack the ids."""
        return selection.text.split("\n")[:-1]


class AskedSelectionShape(StrictShape):
    """What to select: `samples` of a `dataset` by their ids, or the samples of a `job` that a `filter` finds.

    The filter is spelled as in the address of the job's samples, such as `split=val&disagreement.min=0.8`; `first`
    takes no more than so many, in its order.
    """

    name = serializers.CharField(max_length=120)
    dataset = serializers.CharField(max_length=140, required=False)
    samples = serializers.ListField(
        child=serializers.CharField(max_length=1000, trim_whitespace=False),
        required=False,
        max_length=MOST_SAMPLES,
    )
    job = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    filter = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    first = serializers.IntegerField(required=False, min_value=1, max_value=MOST_SAMPLES)


@extend_schema(
    methods=["GET"],
    parameters=[
        OpenApiParameter("dataset", str, description="Only those of this dataset, by its label."),
        *PAGED,
    ],
    responses={200: SelectionShape(many=True), **refusals(400, 404)},
    operation_id="list_selections",
    tags=["datasets"],
)
@extend_schema(
    methods=["POST"],
    request=AskedSelectionShape,
    responses={201: SelectionShape, **refusals(400, 403, 404)},
    operation_id="create_selection",
    tags=["datasets"],
)
@api_view(["GET", "POST"])
def selections(request: Request, slug: str) -> Response:
    """List a project's selections, or make one."""
    project = project_or_404(request, slug)
    if request.method == "GET":
        label = query.text(request, "dataset", default="")
        dataset = _dataset(project, label) if label else None
        rows = list_selections(project=project, dataset=dataset)
        found = of_query(request, rows, order=("dataset__name", "-dataset__version", "name", "id"))
        return listed(request, found, SelectionShape(found.rows, many=True).data)
    shape = AskedSelectionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    asked: dict[str, Any] = dict(shape.validated_data)
    of_job = "job" in asked
    if of_job == ("samples" in asked):
        raise ValidationError({"samples": "given beside a job, or neither of them; accepted is one of them."})
    chosen = _of_job(project, asked) if of_job else _by_id(project, asked)
    made = create_selection(user=user_of(request), name=asked["name"], **chosen)
    return Response(SelectionShape(made).data, status=status.HTTP_201_CREATED)


@extend_schema(
    methods=["GET"],
    responses={200: SelectionDetailShape, **refusals(404)},
    operation_id="read_selection",
    tags=["datasets"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404, 409)},
    operation_id="delete_selection",
    tags=["datasets"],
)
@api_view(["GET", "DELETE"])
def selection(request: Request, slug: str, selection_id: int) -> Response:
    """Read one selection with its ids; or delete it, unless a job that has not ended names it."""
    found = selection_or_404(request, selection_id)
    if found.project.slug != slug:
        raise Http404("This selection is one of another project.")
    if request.method == "DELETE":
        delete_selection(selection=found, user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(SelectionDetailShape(found).data)


def _by_id(project: Project, asked: dict[str, Any]) -> dict[str, Any]:
    for name in ("filter", "first"):
        if name in asked:
            raise ValidationError({name: "it goes with a job."})
    if "dataset" not in asked:
        raise ValidationError({"dataset": "it must be given beside samples."})
    return {"dataset": _dataset(project, asked["dataset"]), "ids": asked["samples"]}


def _of_job(project: Project, asked: dict[str, Any]) -> dict[str, Any]:
    job = (
        Job.objects.filter(project=project, pk=asked["job"], deleted_at=None)
        .select_related("dataset")
        .first()
    )
    if job is None or job.dataset is None:
        raise ValidationError(
            {"job": f"given {asked['job']}, accepted is a job of this project on a dataset."}
        )
    if "dataset" in asked and _dataset(project, asked["dataset"]) != job.dataset:
        raise ValidationError(
            {"dataset": f"given {asked['dataset']!r}, but job {job.pk} is on {job.dataset.label!r}."}
        )
    given = QueryDict(asked.get("filter", "")).dict()
    try:
        table = per_sample_table(job, participant_of(job, str(given.get(NAME, ""))))
    except StorageError as error:
        raise ValidationError({"job": str(error)}) from None
    if table is None:
        raise ValidationError({"job": f"given {job.pk}, which left no table of samples."})
    found = read_asked(given, table)
    strange = dict.fromkeys(unknown_keys(given, accepted=(NAME,)), "there is no such key.")
    if problems := {**found.problems, **strange}:
        raise ValidationError({"filter": [f"{key}: {text}" for key, text in problems.items()]})
    rows = find_rows(table, found.wanted)[: asked.get("first")]
    return {"dataset": job.dataset, "ids": table.take("sample_id", rows), "from_job": job}


def _dataset(project: Project, label: str) -> Dataset:
    found = find_dataset(project, label)
    if found is None:
        raise ValidationError({"dataset": f"given {label!r}, accepted is a dataset of this project."})
    return found
