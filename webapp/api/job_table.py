"""The table of jobs over REST: found by a query, sorted, as JSON or CSV; and one action on many jobs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Project, State
from jobs.operations.bulk import ACTIONS, MOST, Result, act_on_jobs
from jobs.operations.errors import UnableToAct
from jobs.operations.tags import LONGEST_TAG, MOST_TAGS
from jobs.queries.queues import why_waiting
from jobs.queries.table.exports import table_csv
from jobs.queries.table.query import read_query
from jobs.queries.table.rows import Row, find_jobs, rows_after
from jobs.queries.table.values import QueryError
from webapp.access import may, project_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.job_shapes import JobShape
from webapp.api.paging import listed, page
from webapp.api.shapes import StrictShape
from webapp.forms.job_table import Asked, read_asked

FOUND_BY = (
    PROJECT,
    OpenApiParameter("state", str, enum=State.values, description="Short for `state:…` in the query."),
    OpenApiParameter(
        "q",
        str,
        description="A query such as `state:failed method:emtm val/miou>0.4 tag:nightly`; archived jobs are found "
        "with `is:archived` or `is:any`, seeds of a group's reference with `gate:` by what came of their group.",
    ),
    OpenApiParameter(
        "sort",
        str,
        description="A column such as `created`, `optim.learning_rate` or `-val/miou`, the minus turning it around. "
        "Jobs without a value come last; newest first unless given.",
    ),
)
COLUMNS = OpenApiParameter(
    "columns", str, description="Names with commas between: of the job, of its spec, of final metrics."
)


class ListedJobShape(JobShape):
    """A job of a list, with the values of the columns that were asked for (context `values`, by id)."""

    values = serializers.SerializerMethodField()

    class Meta(JobShape.Meta):
        fields = (*JobShape.Meta.fields, "values")
        read_only_fields = fields

    def get_values(self, job: Any) -> dict[str, Any]:
        """This will give the values by the names of their columns; null where the job has none."""
        found: dict[str, Any] = self.context.get("values", {}).get(job.pk, {})
        return found


class AskedActionShape(StrictShape):
    """What to do with which jobs: those with the ids `jobs`, or all that the query `q` finds."""

    project = serializers.SlugField(max_length=80)
    action = serializers.ChoiceField(choices=tuple(ACTIONS))
    jobs = serializers.ListField(
        child=serializers.IntegerField(
            min_value=1,
            max_value=2**62,
            error_messages=dict.fromkeys(
                ("invalid", "min_value", "max_value"), "accepted is the number of a job."
            ),
        ),
        required=False,
        max_length=MOST,
    )
    q = serializers.CharField(
        required=False, allow_blank=True, max_length=2_000, help_text="Empty: all that are not archived."
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG),
        required=False,
        max_length=MOST_TAGS,
        help_text="For the actions tag and untag.",
    )


class ResultShape(serializers.Serializer[Result]):
    """What came of one job."""

    job = serializers.IntegerField()
    done = serializers.BooleanField()
    sentence = serializers.CharField()


class ActedShape(serializers.Serializer[Any]):
    """What came of an action, job by job in the order of their ids."""

    done = serializers.IntegerField(help_text="For how many jobs it was done.")
    results = ResultShape(many=True)


def listed_jobs(request: Request) -> Response:
    """This will answer with a page of the jobs that an address asks for."""
    project = project_or_404(request, query.text(request, "project"))
    asked = _asked(request)
    columns = asked.columns if query.text(request, "columns", default="") else ()

    def rows(values: Any, limit: int) -> list[Row]:
        return rows_after(
            project=project,
            query=asked.query,
            order=asked.order,
            columns=columns,
            after=values,
            limit=limit,
        )

    found = page(request, rows_after=rows, key=lambda row: row.key, order=asked.order.name)
    jobs = [row.job for row in found.rows]
    context = {"waits": why_waiting(jobs), "values": {row.job.pk: row.values for row in found.rows}}
    return listed(request, found, ListedJobShape(jobs, many=True, context=context).data)


@extend_schema(
    parameters=[*FOUND_BY, COLUMNS],
    responses={
        (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "A line for each job."),
        **refusals(400, 404),
    },
    operation_id="export_jobs",
    tags=["jobs"],
)
@api_view(["GET"])
def table_file(request: Request) -> HttpResponse:
    """Download all jobs that are found, with their columns, as CSV; texts that look like formulas are marked."""
    project = project_or_404(request, query.text(request, "project"))
    asked = _asked(request)
    text = table_csv(project=project, query=asked.query, order=asked.order, columns=asked.columns)
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-jobs.csv"'
    return answer


@extend_schema(
    request=AskedActionShape,
    responses={200: ActedShape, **refusals(400, 403, 404)},
    operation_id="act_on_jobs",
    tags=["jobs"],
)
@api_view(["POST"])
def actions(request: Request) -> Response:
    """Do one thing with many jobs: each says in a sentence what came of it, and a refusal stops no other."""
    shape = AskedActionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    asked: dict[str, Any] = shape.validated_data
    project = project_or_404(request, asked["project"])
    if asked["action"] == "delete" and not may(
        user=request.user, project=project, route="api-job", method="DELETE"
    ):
        raise PermissionDenied(f"This needs the admin role in {project.name}.")
    results = act_on_jobs(
        project=project,
        user=user_of(request),
        action=asked["action"],
        jobs=_chosen(project, asked),
        tags=asked.get("tags", ()),
    )
    answer = {"done": sum(result.done for result in results), "results": results}
    return Response(ActedShape(answer).data)


def _chosen(project: Project, asked: dict[str, Any]) -> list[int]:
    if ("jobs" in asked) == ("q" in asked):
        raise ValidationError({"jobs": "given beside q, or neither of them; accepted is one of them."})
    if "jobs" in asked:
        return list(asked["jobs"])
    try:
        wanted = read_query(asked["q"], now=timezone.now())
    except QueryError as error:
        raise ValidationError({"q": error.sentence}) from None
    found = list(find_jobs(project=project, query=wanted).values_list("pk", flat=True)[: MOST + 1])
    if not 1 <= len(found) <= MOST:
        count = f"more than {MOST:,} jobs" if found else "no job"
        sentence = f"it finds {count}, accepted are 1 to {MOST:,} at a time."
        raise UnableToAct(f"q: {sentence}", fields={"q": sentence})
    return found


def _asked(request: Request) -> Asked:
    given = {name: query.text(request, name, default="") for name in ("q", "sort", "columns")}
    state = query.text(request, "state", default="")
    if state and state not in State.values:
        raise ValidationError({"state": f"given {state!r}, accepted is one of {', '.join(State.values)}."})
    if state:
        given["q"] = f"{given['q']} state:{state}"
    asked = read_asked(given)
    if asked.problems:
        raise ValidationError(dict(asked.problems))
    return asked
