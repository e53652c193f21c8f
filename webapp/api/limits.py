"""How many REST calls a token, or a person in a browser, may make in a minute; every answer says how many are left.

They are counted in the broker's Valkey, for all web processes together. While that is away nothing is counted and
nobody is refused: a limit protects the service, and must not be what breaks it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from jobs.models import ApiToken

if TYPE_CHECKING:  # REST views read this module's class while they are being defined
    from rest_framework.views import APIView

MINUTE = 60
_PATIENCE = 0.25
"""Seconds for an answer of the broker."""
_REST_SECONDS = 5.0
"""How long a broker that did not answer is left alone."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
now = time.time
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowance:
    """What is left of a minute; `reset` is in how many seconds the next one begins."""

    limit: int
    used: int
    reset: int

    @property
    def is_spent(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.limit

    def describe(self, response: HttpResponseBase) -> None:
        """This will say so in the headers of an answer."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(max(0, self.limit - self.used))
        response["RateLimit-Reset"] = str(self.reset)


class Counter:
    """Counts calls by the minute in Valkey; one of each process, shared by its threads."""

    def __init__(self) -> None:
        self._address = ""
        self._client: redis.Redis | None = None
        self._away_until = 0.0

    def count(self, name: str) -> int | None:
        """This will count one more of a name and return how many there are; None while the broker is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            together = self._connected().pipeline(transaction=False)
            together.incr(name)
            together.expire(name, 2 * MINUTE)
            return int(together.execute()[0])
        except (redis.RedisError, OSError, ValueError) as error:
            self._away_until = time.monotonic() + _REST_SECONDS
            _log.warning("Calls are not counted while the broker is away: %s", error)
            return None

    def _connected(self) -> redis.Redis:
        address = str(settings.BROKER_URL)
        if self._client is None or address != self._address:
            self._client, self._address = _client(address), address
        return self._client


def _client(address: str) -> redis.Redis:
    # Celery's spelling of a socket is not the library's.
    known = address.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(known, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)


counter = Counter()


class PerMinute(BaseThrottle):
    """Refuses a call that is one too many; reading and writing are counted apart."""

    def __init__(self) -> None:
        self._allowance: Allowance | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """This will count the call, and have its answer tell what is left."""
        if not request.user.is_authenticated:
            return True
        kind = "read" if request.method in _READING else "write"
        at = now()
        minute = int(at // MINUTE)
        used = counter.count(f"mtkd:calls:{_who(request)}:{kind}:{minute}")
        if used is None:
            return True
        limit = settings.READS_PER_MINUTE if kind == "read" else settings.WRITES_PER_MINUTE
        self._allowance = Allowance(limit, used, max(1, math.ceil((minute + 1) * MINUTE - at)))
        request._request.allowance = self._allowance  # type: ignore[attr-defined]
        return not self._allowance.is_spent

    def wait(self) -> float | None:
        """This will say after how many seconds to try again, for Retry-After."""
        return None if self._allowance is None else float(self._allowance.reset)


class RateLimits:
    """Tells in every answer that was counted what is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        allowance: Allowance | None = getattr(request, "allowance", None)
        if allowance is not None:
            allowance.describe(response)
        return response


def _who(request: Request) -> str:
    token = request.auth
    return f"token-{token.pk}" if isinstance(token, ApiToken) else f"user-{request.user.pk}"
