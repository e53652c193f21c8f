"""Groups of jobs over REST: submit, list, read with the table, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.comparisons import GroupTable, Row, group_table
from jobs.models import Group
from jobs.operations.groups import cancel_group, submit_group
from jobs.queries.groups import Listed, list_groups
from jobs.queries.looks import look_at_group
from mtkd_engine.spec import SpecError, is_group
from webapp.access import group_or_404, project_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.group_shapes import GroupDetailShape, GroupShape, GroupSubmissionShape
from webapp.api.job_shapes import ScheduleShape
from webapp.api.paging import PAGED, listed, newest_first
from webapp.api.waiting import WAIT, awaited
from webapp.groups import progress, verdicts, worth_it

SECONDS = 20.0
"""How long an answer may take for comparisons."""
BESIDE = ("queue", "priority", "deadline")


@extend_schema(
    methods=["GET"],
    parameters=[PROJECT, *PAGED],
    responses={200: GroupShape(many=True), **refusals(400, 404)},
    operation_id="list_groups",
    tags=["groups"],
)
@extend_schema(
    methods=["POST"],
    parameters=[
        OpenApiParameter(
            "project", str, description="With it, the body is the bare document, as in a YAML file."
        ),
        OpenApiParameter("queue", str, description="For a bare document: as in the body."),
        OpenApiParameter("priority", int, description="For a bare document: as in the body."),
        OpenApiParameter("deadline", str, description="For a bare document: as in the body."),
    ],
    request={"application/json": GroupSubmissionShape, "application/yaml": GroupSubmissionShape},
    responses={201: GroupDetailShape, **refusals(400, 403, 404)},
    operation_id="submit_group",
    tags=["groups"],
)
@api_view(["GET", "POST"])
def groups(request: Request) -> Response:
    """List a project's groups, newest first, or submit one: a spec with the keys `seeds` and `ablate`."""
    if request.method == "GET":
        asked = project_or_404(request, query.text(request, "project"))
        found = newest_first(
            request,
            lambda before, limit: list_groups(project=asked, limit=limit, before_id=before),
            key=lambda row: row.group.pk,
        )
        return listed(request, found, [_listed(row) for row in found.rows])
    slug, document, beside = _submission(request)
    project = project_or_404(request, slug)
    if not is_group(document):
        raise SpecError(
            {"": "A group is a spec with the key seeds or ablate; POST /api/v1/jobs/ takes one job."}
        )
    made = submit_group(project=project, user=user_of(request), document=document, **beside)
    answer = Response(_detail(made, metric=None), status=status.HTTP_201_CREATED)
    answer["Location"] = reverse("api-group", args=[made.pk])
    return answer


@extend_schema(
    parameters=[
        OpenApiParameter(
            "metric", str, description="A final metric; miou or top1 unless given. Shares from 0 to 1."
        ),
        WAIT,
    ],
    responses={200: GroupDetailShape, **refusals(400, 404)},
    operation_id="read_group",
    tags=["groups"],
)
@api_view(["GET"])
def group(request: Request, group_id: int) -> Response:
    """Read a group: each cell with its jobs, mean and spread, and its difference from the reference.

    A difference is cell minus reference, paired over samples, with a 95 % bootstrap interval over sources and seeds.
    """
    found = group_or_404(request, group_id)
    metric = query.text(request, "metric", default="") or None
    return awaited(
        request,
        look=partial(look_at_group, found),
        read=lambda: _detail(_again(found), metric=metric),
        allowed=partial(group_or_404, request, group_id),
    )


@extend_schema(
    request=None,
    responses={200: GroupDetailShape, **refusals(403, 404, 409)},
    operation_id="cancel_group",
    tags=["groups"],
)
@api_view(["PUT"])
def cancellation(request: Request, group_id: int) -> Response:
    """Ask for all jobs of a group that have not ended to be stopped."""
    found = group_or_404(request, group_id)
    cancel_group(group=found, user=user_of(request))
    return Response(_detail(found, metric=None))


def _again(group: Group) -> Group:
    group.refresh_from_db(fields=["gate_outcome", "gates"])  # they come with the end of its last job
    return group


def _submission(request: Request) -> tuple[str, Any, dict[str, Any]]:
    """A body is `{project, document, ...}`, or the bare document where the address names the project and the rest."""
    body, address = request.data, request.query_params
    if "project" in address:
        beside = ScheduleShape(data={name: address[name] for name in address if name != "project"})
        beside.is_valid(raise_exception=True)
        return address["project"], body, _given(beside.validated_data)
    if not isinstance(body, Mapping):
        raise ValidationError({"": "The body must be a mapping with the keys project and document."})
    if lost := [name for name in BESIDE if name in address]:
        raise ValidationError({lost[0]: "beside a body with project and document, it belongs into the body."})
    if "document" not in body and "data" in body:
        raise ValidationError(
            {"project": "beside a bare document it is given in the address, as in ?project=SLUG."}
        )
    shape = GroupSubmissionShape(data=dict(body))
    shape.is_valid(raise_exception=True)
    asked = shape.validated_data
    return asked["project"], asked["document"], _given(asked)


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in BESIDE if name in asked}


def _listed(listed: Listed) -> dict[str, Any]:
    counts = {"jobs": listed.jobs, "succeeded": listed.succeeded, "ended_otherwise": listed.ended_otherwise}
    return {**_head(listed.group), **counts, "active": listed.active}


def _head(found: Group) -> dict[str, Any]:
    return {
        "id": found.pk,
        "project": found.project.slug,
        "name": found.name,
        "submitted_by": None if found.submitted_by is None else found.submitted_by.username,
        "created_at": found.created_at.isoformat(),
        "gate_outcome": found.gate_outcome,
    }


def _detail(found: Group, *, metric: str | None) -> dict[str, Any]:
    table = group_table(found, metric=metric, seconds=SECONDS)
    if metric is not None and metric not in table.metrics:
        known = ", ".join(table.metrics) or "none yet, for no job has ended well"
        raise ValidationError({"metric": f"given {metric[:80]!r}, accepted is one of {known}."})
    return {
        **_head(found),
        "document": found.document,
        "progress": progress(table),
        "metric": table.metric,
        "metrics": list(table.metrics),
        "gates": found.gates,
        "is_settled": table.is_settled,
        "answer": worth_it(table),
        "verdicts": verdicts(table),
        "cells": [_cell(row, table) for row in table.rows],
    }


def _cell(row: Row, table: GroupTable) -> dict[str, Any]:
    spread, difference = row.spread, row.difference
    return {
        "cell": row.cell,
        "title": row.text.title,
        "done": spread.n if spread else 0,
        "mean": spread.mean if spread else None,
        "sd": spread.sd if spread else None,
        "min": spread.low if spread else None,
        "max": spread.high if spread else None,
        "difference": None
        if difference is None
        else {
            **{name: getattr(difference, name) for name in ("mean", "low", "high", "seeds", "samples")},
            "is_decided": difference.is_decided,
        },
        "jobs": [
            {
                "id": member.id,
                "seed": member.seed,
                "state": member.state,
                "value": member.metrics.get(table.metric),
            }
            for member in row.members
        ],
    }
