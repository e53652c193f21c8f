"""Pages for what went wrong; the REST addresses answer with problem JSON instead."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from webapp.outages import RETRY_SECONDS, SENTENCE, is_outage


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say what standing the page needs."""
    return _page(
        request, status=403, title="Not allowed", sentence=_sentence(exception, "You may not do this.")
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say that there is nothing at this address."""
    sentence = _sentence(exception, "There is nothing at this address.")
    return _page(request, status=404, title="Not found", sentence=sentence)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """This will explain a form whose protection token is missing or too old."""
    sentence = "This form was open for too long or came from another site: go back, reload and send it again."
    return _page(request, status=403, title="Form expired", sentence=sentence)


def broken(request: HttpRequest) -> HttpResponse:
    """This will admit a mistake of ours, or say that the database is away, wherever a request met that."""
    error = sys.exc_info()[1]
    if is_outage(error):
        return _away(request)
    title, sentence = "Something broke", "The mistake is ours and was logged."
    if request.path.startswith("/api/"):
        return _problem(status=500, title=title, sentence=sentence)
    # Without the request: whose it is may be what cannot be read.
    context = {"status": 500, "title": title, "sentence": sentence}
    return HttpResponse(render_to_string("error.html", context), status=500)


def _away(request: HttpRequest) -> HttpResponse:
    """Uses neither session nor user, for they are in the database; a page that was only read comes back by itself."""
    if request.path.startswith("/api/"):
        answer = _problem(status=503, title="Service Unavailable", sentence=SENTENCE)
    else:
        was_read = request.method in {"GET", "HEAD"}
        context = {"sentence": SENTENCE, "seconds": RETRY_SECONDS if was_read else None}
        answer = HttpResponse(render_to_string("away.html", context), status=503)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return _problem(status=status, title=title, sentence=sentence)
    context = {"status": status, "title": title, "sentence": sentence}
    return render(request, "error.html", context, status=status)


def _problem(*, status: int, title: str, sentence: str) -> HttpResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence, "fields": {}}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _sentence(exception: Exception, fallback: str) -> str:
    text = str(exception)
    return text if text.endswith(".") else fallback
