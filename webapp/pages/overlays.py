"""What is laid over a picture for the browser: the truth of a dense dataset, what participants of a job say."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jobs.queries.inspect.maps import TRUTH
from webapp.access import dataset_or_404
from webapp.overlays import send_map, send_overlay
from webapp.pages.inspect import table_or_404

LONGEST_NUMBER = 9  # digits


@require_safe
def overlay(request: HttpRequest, dataset_id: int, row: int, of: str) -> HttpResponse:
    """This will send the mask, density or fixations of the sample in a row; of a video those of `?frame=`."""
    given = request.GET.get("frame", "")
    frame = int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER else 0
    return send_overlay(request, dataset_or_404(request, dataset_id), row=row, of=of, frame=frame)


@require_safe
def sample_map(request: HttpRequest, job_id: int, row: int) -> HttpResponse:
    """This will send what `?who=` says of the sample in a row of a job's table, the truth unless given."""
    found, table = table_or_404(request, job_id)
    return send_map(request, found, table, row=row, who=request.GET.get("who", TRUTH))
