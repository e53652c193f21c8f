"""Groups of jobs: their list, and the page on which one is read while it runs."""

from __future__ import annotations

import json
import zlib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from jobs.comparisons import GroupTable, group_table
from jobs.models import Group
from jobs.operations.errors import UnableToCancel
from jobs.operations.groups import cancel_group
from jobs.queries.groups import list_groups
from mtkd_engine.spec.origins import origins_of
from webapp.access import group_or_404, may, project_or_404, user_of
from webapp.groups import cells_csv, group_plot, jobs_csv, metric_name, progress, scale_of, verdicts, worth_it
from webapp.pages.compare_offers import address_of
from webapp.pages.gates import gates_of_group

PAGE = 50
SECONDS = 1.0
"""How long a page may take for comparisons; what is missing then comes with the next look."""
FEW = 6
SIZES = ((6, "s"), (14, "m"), (28, "l"))


@require_safe
def group_list(request: HttpRequest, slug: str) -> HttpResponse:
    """This will list the groups of a project, newest first, a page at a time."""
    project = project_or_404(request, slug)
    before = request.GET.get("before", "")
    found = list_groups(
        project=project,
        limit=PAGE + 1,
        before_id=int(before) if before.isdecimal() and len(before) < 19 else None,
    )
    context = {
        "project": project,
        "groups": found[:PAGE],
        "older": found[PAGE - 1].group.pk if len(found) > PAGE else None,
        "may_edit": may(user=request.user, project=project, route="job-new"),
    }
    return render(request, "groups/list.html", context)


@require_safe
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    """This will show a group; with `?part=table` only what changes, for a page that is open."""
    found = group_or_404(request, group_id)
    table = group_table(found, metric=request.GET.get("metric"), seconds=SECONDS)
    template = "groups/_table.html" if request.GET.get("part") == "table" else "groups/group.html"
    return render(request, template, _context(request, found, table))


@require_safe
def group_csv(request: HttpRequest, group_id: int) -> HttpResponse:
    """This will send the table at `?metric=` as CSV; with `?rows=jobs` a line for each job with all its metrics."""
    found = group_or_404(request, group_id)
    of_jobs = request.GET.get("rows") == "jobs"
    table = group_table(found, metric=request.GET.get("metric"), seconds=0 if of_jobs else 60)
    answer = HttpResponse(
        jobs_csv(table) if of_jobs else cells_csv(table), content_type="text/csv; charset=utf-8"
    )
    name = f"group-{found.pk}-{'jobs' if of_jobs else table.metric}.csv"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer


@require_POST
def cancellation(request: HttpRequest, group_id: int) -> HttpResponse:
    """This will cancel all jobs of a group that have not ended."""
    found = group_or_404(request, group_id)
    try:
        count = cancel_group(group=found, user=user_of(request))
        messages.success(request, f"You asked to cancel {count} job{'s' if count > 1 else ''}.")
    except UnableToCancel as refusal:
        messages.error(request, refusal.message)
    return redirect("group", found.pk)


def _context(request: HttpRequest, found: Group, table: GroupTable) -> dict[str, Any]:
    plot = group_plot(table)
    sentences = verdicts(table)
    is_open = any(not member.is_final for member in table.members)
    return {
        **gates_of_group(found, is_open=is_open),
        "group": found,
        "project": found.project,
        "table": table,
        "metric": table.metric,
        "metric_name": metric_name(table.metric),
        "is_percent": scale_of(table.metric) != 1,
        "scale": scale_of(table.metric),
        "metrics": [(name, metric_name(name)) for name in table.metrics],
        "progress": progress(table),
        "answer": worth_it(table),
        "origins": origins_of(found.document),
        "reference_title": next((row.text.over for row in table.rows if row.text.is_own), ""),
        "verdicts": sentences[:FEW],
        "more_verdicts": sentences[FEW:],
        "plot": plot,
        "plot_version": zlib.crc32(json.dumps(plot).encode()),
        "plot_size": next((size for most, size in SIZES if len(table.rows) <= most), "xl"),
        "is_comparing": any(row.is_comparing for row in table.rows),
        "is_open": is_open,
        "compare_address": address_of(member.id for member in table.members),
        "may_edit": may(user=request.user, project=found.project, route="group-cancellation"),
    }
