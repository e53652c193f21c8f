"""A limit on guessing passwords: failures are counted by address for a quarter of an hour."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest

MOST_FAILURES = 10
SECONDS = 15 * 60


def is_blocked(request: HttpRequest) -> bool:
    """This will tell whether this address has failed too often lately."""
    return int(cache.get(_key(request), 0)) >= MOST_FAILURES


def note_failure(request: HttpRequest) -> None:
    """This will count one failed login."""
    cache.add(_key(request), 0, SECONDS)
    cache.incr(_key(request))


def forget(request: HttpRequest) -> None:
    """This will start counting anew after a login that worked."""
    cache.delete(_key(request))


def _key(request: HttpRequest) -> str:
    return f"login-failures:{request.META.get('REMOTE_ADDR', '')}"
