"""Tokens of machines: `Authorization: Bearer mtkd_…`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs.models import ApiToken, User
from jobs.operations.tokens import authenticate_token


class BearerToken(BaseAuthentication):
    """Knows the user by an API token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """This will return the token and its user, None where no token was sent; a bad token is refused.

        The user carries the token, too, so that whatever asks for a role or for projects keeps to its project.
        """
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = authenticate_token(secret.strip())
        if token is None:
            raise AuthenticationFailed("This token is not known, has expired, or was revoked.")
        token.user.token = token
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """This will name the scheme in the answer to requests without one."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the scheme in the OpenAPI document."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """This will describe how the token is sent."""
        return {"type": "http", "scheme": "bearer", "description": "An API token from your account page."}
