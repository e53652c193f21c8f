"""What a job or a group would take, over REST: nothing is submitted."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.operations.planning import plan_of
from webapp.access import project_or_404
from webapp.api.documented import refusals
from webapp.api.job_shapes import SubmissionShape
from webapp.api.jobs import submission


class KeptShape(serializers.Serializer[Any]):
    """The beliefs of a teacher on a split of a dataset; `views` are augmented ones, 0 are samples as they are."""

    dataset = serializers.CharField()
    teacher = serializers.CharField()
    split = serializers.CharField()
    views = serializers.IntegerField()
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField()


class PlanShape(serializers.Serializer[Any]):
    """How many jobs would be submitted, and what they keep of their teachers, each once for all of them."""

    jobs = serializers.IntegerField()
    bytes = serializers.IntegerField()
    kept = KeptShape(many=True)


@extend_schema(
    parameters=[
        OpenApiParameter("project", str, description="With it, the body is the bare spec or group document.")
    ],
    request={"application/json": SubmissionShape, "application/yaml": SubmissionShape},
    responses={200: PlanShape, **refusals(400, 403, 404)},
    operation_id="plan_job",
    tags=["jobs"],
)
@api_view(["POST"])
def plan(request: Request) -> Response:
    """Check a spec or a group document as if it were submitted, and say what it would take."""
    slug, raw, _ = submission(request)
    found = plan_of(project=project_or_404(request, slug), document=raw)
    kept = [
        {
            "dataset": one.dataset,
            "teacher": one.size.teacher,
            "split": one.size.split,
            "views": one.size.views,
            "rows": one.size.rows,
            "bytes": one.size.bytes,
        }
        for one in found.kept
    ]
    return Response(PlanShape({"jobs": found.jobs, "bytes": found.bytes, "kept": kept}).data)
