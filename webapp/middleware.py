"""What every response and every request passes through: the Content-Security-Policy and the permission table."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from webapp.permissions import Who, needed

Handler = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src-elem 'self' 'nonce-{nonce}'",
    # Plotly places its layers by style attributes.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


class ContentSecurityPolicy:
    """Gives each request a nonce (`request.csp_nonce`) and each response the policy that names it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", "; ".join(POLICY).format(nonce=nonce))
        return response


class PermissionTable:
    """Refuses routes that the table does not know, and sends the logged out to the login page.

    REST answers for itself, because its tokens are read later; standing in a project is checked by the
    look-ups of `webapp.access`.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """This will run after the address is resolved and before the view."""
        assert request.resolver_match is not None
        if any(isinstance(part, str) and "\0" in part for part in kwargs.values()):
            raise Http404("An address with a NUL in it leads nowhere.")  # no text in the database holds one
        route = request.resolver_match.view_name
        least = needed(route, request.method or "GET") if not route.startswith("api-") else Who.ANYONE
        if least == Who.ANYONE or request.user.is_authenticated:
            return None
        return redirect_to_login(request.get_full_path())
