"""Whether a socket or a stream may stay open; asked when it opens and again while it is."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest

from jobs.models import ApiToken, Job, User
from webapp.access import may

ROUTE = "live-job"


def user_now(scope: dict[str, Any]) -> User | None:
    """This will return the user whose session the socket has, read anew: None after a logout anywhere."""
    key = getattr(scope.get("session"), "session_key", None)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)  # also compares the password's mark in the session
    return user if isinstance(user, User) else None


def user_of_token(token_id: int) -> User | None:
    """This will return the user of a token, read anew: None once it was revoked or has expired."""
    works = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    known = ApiToken.objects.select_related("user", "project")
    token = known.filter(works, pk=token_id, revoked_at=None).first()
    if token is None or not token.user.is_active:
        return None
    token.user.token = token
    return token.user


def may_watch(user: User, *, job_id: int) -> bool:
    """This will tell whether a user may watch a job; false also where there is no such job."""
    job = Job.objects.select_related("project").filter(pk=job_id, deleted_at=None).first()
    return job is not None and may(user=user, project=job.project, route=ROUTE)
