"""Jobs side by side: one page, whose whole state stands in its address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """This will show the jobs of `?jobs=1,2,3`; all else in the address is the browser's."""
    return render(request, "compare/compare.html", {})
