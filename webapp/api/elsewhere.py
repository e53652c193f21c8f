"""The body that begins a job trained elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from jobs.models import Job
from jobs.operations.elsewhere import ELSEWHERE, LONGEST_NAME, start_elsewhere
from webapp.access import project_or_404, user_of
from webapp.api.shapes import StrictShape


class TrainedElsewhereShape(StrictShape):
    """What is known of a student that is trained elsewhere; `dataset` is the label of one of the project's."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    parameters = serializers.DictField(required=False, default=dict)
    dataset = serializers.CharField(max_length=140, required=False, allow_null=True)


class ElsewhereShape(StrictShape):
    """A job that no worker of ours trains: it is running at once, and its owner posts its points."""

    project = serializers.SlugField(max_length=80)
    elsewhere = TrainedElsewhereShape()


def asks_for_elsewhere(body: Any) -> bool:
    """This will tell whether a body is not a spec to submit."""
    return isinstance(body, Mapping) and ELSEWHERE in body and "project" in body


def begun_elsewhere(request: Request) -> Job:
    """This will begin the job that a body describes."""
    shape = ElsewhereShape(data=dict(request.data))
    shape.is_valid(raise_exception=True)
    asked = shape.validated_data
    project = project_or_404(request, asked["project"])
    return start_elsewhere(project=project, user=user_of(request), **asked["elsewhere"])
