"""Selections: out of existence, and into the spec of the next job; they are made among the samples of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.operations.errors import UnableToDelete
from jobs.operations.selections import delete_selection
from webapp.access import selection_or_404, user_of


def with_selections(given: QueryDict, start: Mapping[str, Any]) -> dict[str, Any]:
    """This will add to a spec the selections that an address names: `leave_out`, also several, and `test_on`."""
    data = dict(start.get("data", {}))
    if names := [name for name in given.getlist("leave_out") if name]:
        data["leave_out"] = list(dict.fromkeys([*data.get("leave_out", ()), *names]))
    if given.get("test_on"):
        data["test_on"] = given["test_on"]
    return {**start, "data": data} if data else dict(start)


@require_POST
def deletion(request: HttpRequest, selection_id: int) -> HttpResponse:
    """This will delete a selection, or say which job needs it, and lead back to its dataset."""
    found = selection_or_404(request, selection_id)
    try:
        delete_selection(selection=found, user=user_of(request))
        messages.success(request, f"The selection “{found.name}” is deleted.")
    except UnableToDelete as refusal:
        messages.error(request, refusal.message)
    return redirect("dataset", found.dataset_id)
