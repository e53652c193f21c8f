"""Tokens of machines: `Authorization: Bearer mtkd_…`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs.models import User
from jobs.operations.access import authenticate_token


class BearerToken(BaseAuthentication):
    """Knows the user by an API token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """This will return the token's user, None where no token was sent; a bad token is refused."""
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        user = authenticate_token(secret.strip())
        if user is None:
            raise AuthenticationFailed("This token is not known, or it was revoked.")
        return user, None

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
