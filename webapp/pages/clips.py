"""A clip of a dataset for the browser to play."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from webapp.access import dataset_or_404
from webapp.downloads import send_clip


@require_safe
def clip(request: HttpRequest, dataset_id: int, row: int) -> HttpResponseBase:
    """This will send the film of the clip in a row of the dataset, or the part of it that a player asks for."""
    return send_clip(request, dataset_or_404(request, dataset_id), row=row)
