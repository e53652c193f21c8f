"""Jobs side by side: one page, whose whole state stands in its address."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.models import Job
from webapp.charts import PX
from webapp.compared import job_ids, missing_of, visible_jobs

SCRIPT = "js/compare.js"
MOST_PX, FEWEST_PX = 4000, 80
"""Ranges of steps that the curves of a chart have together, and each of them at least."""
_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"';]*["'](\.[^"']+)["']""", re.MULTILINE)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """This will show the jobs of `?jobs=1,2,3`; all else in the address is the state of the page, kept by the browser.

    Jobs that are not there for the asker are named, and the others shown; without any that is, the page is not there.
    """
    given = request.GET.get("jobs", "")
    try:
        ids = job_ids(given)
    except ValueError as refusal:
        return _page(request, [], missing=f"Jobs: {refusal}" if given else "", status=400 if given else 200)
    jobs = visible_jobs(request, ids, route="compare")
    return _page(request, jobs, missing=missing_of(ids, jobs))


def _page(request: HttpRequest, jobs: Sequence[Job], *, missing: str = "", status: int = 200) -> HttpResponse:
    named = ",".join(str(job.pk) for job in jobs)
    context = {
        "jobs": jobs,
        "missing": missing,
        "data_url": f"{reverse('api-compare')}?{urlencode({'jobs': named, 'quick': 1}, safe=',')}",
        "scripts": modules_of(SCRIPT),
        "px": min(PX, max(FEWEST_PX, MOST_PX // max(1, len(jobs)))),
    }
    return render(request, "compare/compare.html", context, status=status)


@functools.cache
def modules_of(script: str) -> tuple[str, ...]:
    """This will list a script and what it imports, so that the browser asks for all of them at once."""
    found: dict[str, None] = {}
    waiting = [script]
    while waiting:
        name = waiting.pop(0)
        path = finders.find(name)
        if name in found or path is None:
            continue
        found[name] = None
        imported = _IMPORT.findall(Path(path).read_text())
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), each)) for each in imported]
    return tuple(found)
