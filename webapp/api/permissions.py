"""The permission table, asked by every REST view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from webapp.access import PERMISSIONS, Who

if TYPE_CHECKING:  # REST views read this class while they are being defined
    from rest_framework.views import APIView


class ByTable(BasePermission):
    """Lets a request in when its route stands in the table and somebody is logged in where that is asked.

    Standing in a project is checked by the look-ups of `webapp.access`.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """This will be asked once the user is known; methods that a view does not have get their 405 later."""
        assert request.resolver_match is not None
        rule = PERMISSIONS.get(request.resolver_match.view_name)
        return rule is not None and (rule is Who.ANYONE or bool(request.user.is_authenticated))
