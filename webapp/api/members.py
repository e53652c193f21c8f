"""Members of a project over REST."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Role
from jobs.operations.members import add_member, change_role, remove_member
from jobs.queries.people import list_members
from webapp.access import member_or_404, project_or_404, user_of
from webapp.api import paging
from webapp.api.documented import refusals
from webapp.api.shapes import StrictShape


class MemberShape(serializers.Serializer[Any]):
    """Somebody in a project; a closed account is a member who can do nothing."""

    username = serializers.CharField(source="user.username", read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    is_active = serializers.BooleanField(source="user.is_active", read_only=True)


class RoleShape(StrictShape):
    """What a member may do: look (viewer), work (editor), or also delete and manage (admin)."""

    role = serializers.ChoiceField(choices=Role.choices)


class AskedMemberShape(RoleShape):
    """Somebody with an account, and the role to give."""

    username = serializers.CharField(max_length=150)


@extend_schema(
    methods=["GET"],
    parameters=[*paging.PAGED],
    responses={200: MemberShape(many=True), **refusals(400, 404)},
    operation_id="list_members",
    tags=["projects"],
)
@extend_schema(
    methods=["POST"],
    request=AskedMemberShape,
    responses={201: MemberShape, **refusals(400, 403, 404)},
    operation_id="add_member",
    tags=["projects"],
)
@api_view(["GET", "POST"])
def members(request: Request, slug: str) -> Response:
    """List a project's members by name, or take in somebody who has an account."""
    project = project_or_404(request, slug)
    if request.method == "POST":
        shape = AskedMemberShape(data=request.data)
        shape.is_valid(raise_exception=True)
        added = add_member(project=project, user=user_of(request), **shape.validated_data)
        answer = Response(MemberShape(added).data, status=status.HTTP_201_CREATED)
        answer["Location"] = reverse("api-member", args=[slug, added.user.username])
        return answer
    found = paging.page(
        request,
        rows_after=lambda values, limit: list_members(
            project=project, after=values[-1] if values else None, limit=limit
        ),
        key=lambda member: [member.user.username],
    )
    return paging.listed(request, found, MemberShape(found.rows, many=True).data)


@extend_schema(
    methods=["PATCH"],
    request=RoleShape,
    responses={200: MemberShape, **refusals(400, 403, 404, 409)},
    operation_id="change_member",
    tags=["projects"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404, 409)},
    operation_id="remove_member",
    tags=["projects"],
)
@api_view(["PATCH", "DELETE"])
def member(request: Request, slug: str, username: str) -> Response:
    """Give a member another role, or take them out; a project keeps at least one admin."""
    found = member_or_404(request, slug, username)
    if request.method == "DELETE":
        remove_member(member=found, user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
    shape = RoleShape(data=request.data)
    shape.is_valid(raise_exception=True)
    return Response(
        MemberShape(change_role(member=found, user=user_of(request), **shape.validated_data)).data
    )
