"""The permission table and the scopes of tokens, asked by every REST view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from jobs.models import ApiToken
from webapp.permissions import PERMISSIONS, Rule, Who
from webapp.scopes import READING, missing_scopes

if TYPE_CHECKING:  # REST views read this class while they are being defined
    from rest_framework.views import APIView

OWN_TOKENS = ("api-tokens", "api-token")  # these keep to the project of a token by themselves


class ByTable(BasePermission):
    """Lets a request in when its route stands in the table and somebody is logged in where that is asked.

    Who comes by a token needs its scope as well. Standing in a project is checked by the look-ups of
    `webapp.access`.
    """

    message: str | None = None

    def has_permission(self, request: Request, view: APIView) -> bool:
        """This will be asked once the user is known; methods that a view does not have get their 405 later."""
        assert request.resolver_match is not None
        route = request.resolver_match.view_name
        rule = PERMISSIONS.get(route)
        if rule is None or not (rule is Who.ANYONE or bool(request.user.is_authenticated)):
            return False
        if isinstance(request.auth, ApiToken):
            self.message = refusal(request.auth, route=route, method=request.method or "GET", rule=rule)
        return self.message is None


def refusal(token: ApiToken, *, route: str, method: str, rule: Rule) -> str | None:
    """This will say why a token may not do what its user may; None where it may."""
    missing = missing_scopes(token=token, route=route, method=method)
    if missing is None:
        return "This address is not open to tokens."
    if missing:
        named = ", ".join(missing)
        return f"This needs the scope{'' if len(missing) == 1 else 's'} {named}; your token lacks it."
    least = rule if isinstance(rule, Who) else rule.get(method, Who.USER)
    of_no_project = least in {Who.USER, Who.OPERATOR} and method not in READING and route not in OWN_TOKENS
    if token.project is not None and of_no_project:
        return f"Your token is bound to the project {token.project.slug}, and this belongs to none."
    return None
