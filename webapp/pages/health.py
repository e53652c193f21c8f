"""Two addresses for whoever watches from outside: does the process answer, and is all in order that it stands on."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.readiness import readiness


@never_cache
@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """This will answer 200 as long as the process answers at all; it asks nobody else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """This will answer 200 when everything is in order, else 503 with the names of what is not."""
    found = readiness()
    ok = all(check.ok for check in found)
    body = {
        "status": "ok" if ok else "not ready",
        "checks": {check.name: {"ok": check.ok, "sentence": check.sentence} for check in found},
    }
    return JsonResponse(body, status=200 if ok else 503)
