"""Whether all that the site stands on is in order, for people; /readyz says the same to machines."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.machine import versions
from jobs.models import Beat
from jobs.queries.queues import overview
from jobs.readiness import readiness

TITLES = {
    "database": "Database",
    "migrations": "Tables",
    "reaper": "Reaper",
    "broker": "Broker",
    "storage": "Storage",
}


@require_safe
def checkup(request: HttpRequest) -> HttpResponse:
    """This will show each check; with `?part=list` only what changes, for a page that is open."""
    checks = [(TITLES.get(check.name, check.name), check) for check in readiness()]
    context = {
        "checks": checks,
        "failing": sum(not check.ok for _, check in checks),
        "reaper": Beat.objects.filter(pk="reaper").first(),
        "sweeper": Beat.objects.filter(pk="sweeper").first(),
        "queues": overview(),
        "versions": versions(),
    }
    template = "health/_list.html" if request.GET.get("part") == "list" else "health/health.html"
    return render(request, template, context)
