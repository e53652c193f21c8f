"""What this web process counts of itself: requests, how long they take, open websockets.

Every process counts for itself; whoever collects adds them up.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

COUNTED = CollectorRegistry()
REQUESTS = Counter(
    "mtkd_http_requests",
    "Requests answered by this process.",
    ["route", "method", "status"],
    registry=COUNTED,
)
SECONDS = Histogram(
    "mtkd_http_request_seconds",
    "Seconds until an answer began.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=COUNTED,
)
SOCKETS = Gauge("mtkd_websockets_open", "Websockets that are open in this process.", registry=COUNTED)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
App = Callable[[Any, Any, Any], Awaitable[None]]


class Measured:
    """Counts every request by its route's name, never by its path: strangers can make up as many as they like."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = getattr(request, "resolver_match", None)
        route = match.view_name if match is not None else "none"
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(route, method).observe(time.perf_counter() - began)
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        return response


def counted_sockets(inner: App) -> App:
    """This will wrap the application of websockets: each is counted while it lasts."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        with SOCKETS.track_inprogress():
            await inner(scope, receive, send)

    return application
