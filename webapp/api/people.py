"""Accounts over REST, for superusers of the installation."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Role, User
from jobs.operations.people import LONGEST_USERNAME, change_person, create_person, reset_password
from jobs.queries.people import find_person, list_people
from webapp.access import operator_of
from webapp.api import paging
from webapp.api.documented import refusals
from webapp.api.shapes import StrictShape


class MembershipShape(serializers.Serializer[Any]):
    """A project somebody is in."""

    project = serializers.CharField(source="project.slug", read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)


class PersonShape(serializers.Serializer[Any]):
    """An account; a closed one (`is_active` false) opens nothing, superusers run the installation."""

    username = serializers.CharField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    is_superuser = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(source="date_joined", read_only=True)
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True, allow_null=True)
    memberships = MembershipShape(many=True, read_only=True)


class PersonWithPasswordShape(PersonShape):
    """An account with the password that was made for it just now, if one was; it cannot be read again."""

    password = serializers.CharField(read_only=True, allow_null=True)


class AskedPersonShape(StrictShape):
    """An account to open; its first password is made at random."""

    username = serializers.CharField(max_length=LONGEST_USERNAME)
    is_superuser = serializers.BooleanField(required=False, default=False)


class PersonChangeShape(StrictShape):
    """What to change of an account; what is missing stays. With `new_password` the old one stops working."""

    is_active = serializers.BooleanField(required=False)
    is_superuser = serializers.BooleanField(required=False)
    new_password = serializers.BooleanField(required=False, default=False)


@extend_schema(
    methods=["GET"],
    parameters=[*paging.PAGED],
    responses={200: PersonShape(many=True), **refusals(400, 403)},
    operation_id="list_users",
    tags=["users"],
)
@extend_schema(
    methods=["POST"],
    request=AskedPersonShape,
    responses={201: PersonWithPasswordShape, **refusals(400, 403)},
    operation_id="create_user",
    tags=["users"],
)
@api_view(["GET", "POST"])
def people(request: Request) -> Response:
    """List all accounts by name, or open one; its password is in this answer alone."""
    operator = operator_of(request)
    if request.method == "POST":
        shape = AskedPersonShape(data=request.data)
        shape.is_valid(raise_exception=True)
        made, password = create_person(user=operator, **shape.validated_data)
        answer = _with_password(made, password, status.HTTP_201_CREATED)
        answer["Location"] = reverse("api-user", args=[made.username])
        return answer
    found = paging.page(
        request,
        rows_after=lambda values, limit: list_people(after=values[-1] if values else None, limit=limit),
        key=lambda person: [person.username],
    )
    return paging.listed(request, found, PersonShape(found.rows, many=True).data)


@extend_schema(
    methods=["GET"],
    responses={200: PersonShape, **refusals(403, 404)},
    operation_id="read_user",
    tags=["users"],
)
@extend_schema(
    methods=["PATCH"],
    request=PersonChangeShape,
    responses={200: PersonWithPasswordShape, **refusals(400, 403, 404, 409)},
    operation_id="change_user",
    tags=["users"],
)
@api_view(["GET", "PATCH"])
def person(request: Request, username: str) -> Response:
    """Read one account; or close or open it, make its owner a superuser or none, give it a new password."""
    operator = operator_of(request)
    found = find_person(username)
    if found is None:
        raise Http404("There is no such account.")
    if request.method == "GET":
        return Response(PersonShape(found).data)
    shape = PersonChangeShape(data=request.data)
    shape.is_valid(raise_exception=True)
    asked: dict[str, Any] = dict(shape.validated_data)
    wants_password = asked.pop("new_password")
    changed = change_person(person=found, user=operator, **asked)
    return _with_password(changed, reset_password(user=changed) if wants_password else None)


def _with_password(person: User, password: str | None, code: int = status.HTTP_200_OK) -> Response:
    answer = Response({**PersonShape(person).data, "password": password}, status=code)
    if password is not None:
        answer["Cache-Control"] = "no-store"
    return answer
