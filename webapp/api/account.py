"""Who one is over REST: the account, its password, and the tokens by which machines act for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as RefusedPassword
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import ApiToken, Project, Scope, User
from jobs.operations.tokens import LONGEST_NAME, Power, create_token, exceeds, revoke_token
from jobs.queries.access import projects_of
from jobs.queries.people import list_tokens
from webapp import throttle
from webapp.access import may_operate, token_or_404, user_of
from webapp.api import paging
from webapp.api.documented import refusals
from webapp.api.shapes import StrictShape


class PowerShape(serializers.Serializer[Any]):
    """What a token is good for: in all projects of its user where `project` is null, for ever without an end."""

    name = serializers.CharField(read_only=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True, allow_null=True, default=None)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)


class AccountShape(serializers.Serializer[Any]):
    """Whose request this is; `token` is null in a session."""

    user = serializers.CharField()
    is_operator = serializers.BooleanField()
    token = PowerShape(allow_null=True)


class TokenShape(PowerShape):
    """An API token; its secret is not kept."""

    id = serializers.IntegerField(read_only=True)
    prefix = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)


class NewTokenShape(TokenShape):
    """An API token that was made just now, with its secret, which cannot be read again."""

    secret = serializers.CharField(read_only=True)


class AskedTokenShape(StrictShape):
    """A token to make: of one project or all of one's own (null), until a time or for ever (null).

    Made by a token, it is bound like that one unless it says less; more is refused.
    """

    name = serializers.CharField(max_length=LONGEST_NAME)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=len(Scope)
    )
    project = serializers.SlugField(max_length=80, required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class PasswordShape(StrictShape):
    """The present password and the one to come."""

    current = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)
    new = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


@extend_schema(responses=AccountShape, operation_id="read_account", tags=["account"])
@api_view(["GET"])
def account(request: Request) -> Response:
    """Say whose request this is and what its token may do."""
    user = user_of(request)
    asked = {"user": user.username, "is_operator": may_operate(user), "token": _token_of(request)}
    return Response(AccountShape(asked).data)


@extend_schema(
    request=PasswordShape,
    responses={204: None, **refusals(400, 403)},
    operation_id="change_password",
    tags=["account"],
)
@api_view(["PUT"])
def password(request: Request) -> Response:
    """Change the own password; sessions end, except the one that asks, and tokens keep working."""
    user, django_request = user_of(request), request._request  # the throttle counts by address
    if throttle.is_blocked(django_request):
        raise Throttled(wait=throttle.SECONDS)
    shape = PasswordShape(data=request.data)
    shape.is_valid(raise_exception=True)
    if not user.check_password(shape.validated_data["current"]):
        throttle.note_failure(django_request)
        raise ValidationError({"current": "this is not your present password."})
    try:
        validate_password(shape.validated_data["new"], user)
    except RefusedPassword as refused:
        raise ValidationError({"new": refused.messages}) from None
    user.set_password(shape.validated_data["new"])
    user.save(update_fields=["password"])
    if _token_of(request) is None:
        update_session_auth_hash(django_request, user)
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    methods=["GET"],
    parameters=[*paging.PAGED],
    responses={200: TokenShape(many=True), **refusals(400)},
    operation_id="list_tokens",
    tags=["account"],
)
@extend_schema(
    methods=["POST"],
    request=AskedTokenShape,
    responses={201: NewTokenShape, **refusals(400, 403)},
    operation_id="create_token",
    tags=["account"],
)
@api_view(["GET", "POST"])
def tokens(request: Request) -> Response:
    """List the own tokens that were not revoked, newest first; or make one, whose secret is in this answer alone."""
    user = user_of(request)
    if request.method == "GET":
        found = paging.page(
            request,
            rows_after=lambda values, limit: list_tokens(
                user=user, after_id=values[-1] if values else None, limit=limit
            ),
            key=lambda token: [token.pk],
        )
        return paging.listed(request, found, TokenShape(found.rows, many=True).data)
    shape = AskedTokenShape(data=request.data)
    shape.is_valid(raise_exception=True)
    asked, maker = shape.validated_data, _token_of(request)
    token, secret = create_token(
        user=user, name=asked["name"], power=_power(user, asked, maker), made_by=maker
    )
    answer = Response({**TokenShape(token).data, "secret": secret}, status=status.HTTP_201_CREATED)
    answer["Cache-Control"] = "no-store"
    return answer


@extend_schema(responses={204: None, **refusals(403, 404)}, operation_id="revoke_token", tags=["account"])
@api_view(["DELETE"])
def token(request: Request, token_id: int) -> Response:
    """Revoke one of the own tokens; a token revokes none that may do more than itself."""
    found, maker = token_or_404(request, token_id), _token_of(request)
    if maker is not None and exceeds(found, maker):
        raise PermissionDenied("That token may do more than yours, which therefore cannot revoke it.")
    revoke_token(token=found)
    return Response(status=status.HTTP_204_NO_CONTENT)


def _token_of(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


def _power(user: User, asked: dict[str, Any], maker: ApiToken | None) -> Power:
    """What is not said is as the token has it that asks."""
    project, end = (None, None) if maker is None else (maker.project, maker.expires_at)
    return Power(
        scopes=asked["scopes"],
        project=_project(user, asked["project"]) if "project" in asked else project,
        expires_at=asked.get("expires_at", end),
    )


def _project(user: User, slug: str | None) -> Project | None:
    found = None if slug is None else projects_of(user).filter(slug=slug).first()
    if slug is not None and found is None:
        raise ValidationError(
            {"project": f"given {slug!r}, accepted is the slug of a project you are a member of."}
        )
    return found
