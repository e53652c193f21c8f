"""The table of a project's jobs: searched, sorted, with chosen columns, saved views, and actions on many jobs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from jobs.models import Job, Project, State
from jobs.operations.bulk import ACTIONS, MOST, act_on_jobs
from jobs.operations.errors import UnableToAct
from jobs.operations.tags import split_tags
from jobs.queries.queues import why_waiting
from jobs.queries.table.columns import usual_in
from jobs.queries.table.exports import table_csv
from jobs.queries.table.rows import Row, find_jobs, rows_after
from webapp.access import may, project_or_404, user_of
from webapp.forms.job_table import Asked, read_asked
from webapp.pages.job_cells import heads, lines
from webapp.pages.job_hints import metric_hints, order_hint
from webapp.pages.job_views import table_address, view_context

PAGE = 50
FEWEST_COMPARED, MOST_COMPARED = 2, 100
SHOWN_DELETED = 20
QUICK = (("all", ""), *((state, f"state:{state}") for state in State.values), ("archived", "is:archived"))
_LONGEST_NUMBER = 18  # digits


@require_safe
def job_list(request: HttpRequest, slug: str) -> HttpResponse:
    """This will show the jobs that an address asks for, a page at a time."""
    project = project_or_404(request, slug)
    asked = read_asked(request.GET.dict(), usual=usual_in(project))
    is_readable = "q" not in asked.problems
    rows, previous, following = _page(project, asked) if is_readable else ([], "", "")
    context = {
        "project": project,
        "asked": asked,
        "query": asked.address(),
        "heads": heads(asked),
        "lines": lines(rows, asked),
        "hints": [*order_hint(asked), *metric_hints(project, asked, rows)] if is_readable else [],
        "total": find_jobs(project=project, query=asked.query).count() if is_readable else 0,
        "waits": why_waiting([row.job for row in rows]),
        "previous": previous,
        "following": following,
        "quick": [(title, asked.address(q=text), asked.text == text) for title, text in QUICK],
        **view_context(project, asked),
        **_rights(request, project),
    }
    return render(request, "jobs/list.html", context)


@require_safe
def table_file(request: HttpRequest, slug: str) -> HttpResponse:
    """This will send all jobs that an address asks for, with the columns that are shown, as CSV."""
    project = project_or_404(request, slug)
    asked = read_asked(request.GET.dict(), usual=usual_in(project))
    if asked.problems:
        sentences = "\n".join(f"{key}: {text}" for key, text in asked.problems.items())
        return HttpResponse(sentences, status=422, content_type="text/plain; charset=utf-8")
    text = table_csv(project=project, query=asked.query, order=asked.order, columns=asked.columns)
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"{project.slug}-jobs.csv")
    answer["Content-Disposition"] = name or ""
    return answer


@require_POST
def comparison(request: HttpRequest, slug: str) -> HttpResponse:
    """This will lead to the page on which ticked jobs, or all that were found, are compared."""
    project = project_or_404(request, slug)
    asked, jobs = _chosen(request, project)
    if not FEWEST_COMPARED <= len(jobs) <= MOST_COMPARED:
        given = f"{len(jobs):,} job{'' if len(jobs) == 1 else 's'}"
        accepted = f"{FEWEST_COMPARED} to {MOST_COMPARED}"
        messages.error(request, f"You chose {given}; {accepted} can be compared at a time.")
        return redirect(table_address(project, asked.address()))
    return redirect(f"{reverse('compare')}?{urlencode({'jobs': ','.join(map(str, jobs))}, safe=',')}")


@require_POST
def actions(request: HttpRequest, slug: str) -> HttpResponse:
    """This will do one thing with ticked jobs, or with all that were found, and say what came of each."""
    project = project_or_404(request, slug)
    asked, jobs = _chosen(request, project)
    action, tags = request.POST.get("action", ""), split_tags(request.POST.get("tags", ""))
    if action == "delete" and not may(user=request.user, project=project, route="job-deletion"):
        raise PermissionDenied(f"This needs the admin role in {project.name}.")
    back = table_address(project, asked.address())
    context = {"project": project, "back": back, "jobs": jobs, "action": ACTIONS.get(action)}
    if action == "delete" and jobs and "confirmed" not in request.POST:
        named = Job.objects.filter(pk__in=jobs, project=project, deleted_at__isnull=True).order_by("-pk")
        return render(request, "jobs/bulk_deletion.html", {**context, "named": named[:SHOWN_DELETED]})
    try:
        results = act_on_jobs(project=project, user=user_of(request), action=action, jobs=jobs, tags=tags)
    except UnableToAct as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    done = sum(result.done for result in results)
    return render(request, "jobs/acted.html", {**context, "results": results, "done": done})


def _page(project: Project, asked: Asked) -> tuple[list[Row], str, str]:
    """The rows of a page, and where the one before and the one behind it are, if there are such."""
    read = partial(
        rows_after,
        project=project,
        query=asked.query,
        order=asked.order,
        columns=asked.columns,
        limit=PAGE + 1,
    )
    if asked.before is not None:
        rows = read(before=asked.before)
        if len(rows) > PAGE:
            return rows[1:], asked.page_before(rows[1].key), asked.page_after(rows[-1].key)
    rows = read(after=asked.after)
    previous = asked.page_before(rows[0].key) if asked.after and rows else ""
    following = asked.page_after(rows[PAGE - 1].key) if len(rows) > PAGE else ""
    return rows[:PAGE], previous, following


def _chosen(request: HttpRequest, project: Project) -> tuple[Asked, list[int]]:
    """What the page showed, and the jobs that were ticked on it, or all that it had found."""
    asked = read_asked(QueryDict(request.POST.get("query", "")).dict(), usual=usual_in(project))
    if request.POST.get("which") == "all" and not asked.problems:
        found = find_jobs(project=project, query=asked.query).order_by("-pk")
        return asked, list(found.values_list("pk", flat=True)[: MOST + 1])
    return asked, _numbers(request.POST.getlist("row"))


def _numbers(given: Sequence[str]) -> list[int]:
    ticked = (text for text in given if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER)
    return list(dict.fromkeys(map(int, ticked)))


def _rights(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What may be done with many jobs: each action with its title."""
    may_edit = may(user=request.user, project=project, route="job-actions", method="POST")
    may_delete = may(user=request.user, project=project, route="job-deletion")
    offered = [
        (name, action.title)
        for name, action in ACTIONS.items()
        if (may_delete if name == "delete" else may_edit)
    ]
    return {"may_edit": may_edit, "actions": offered}
