"""Answers with one picture, whose bytes somebody handed in: a browser that opens it alone runs nothing of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def answer_with_picture(content: bytes, *, media_type: str, name: str, etag: str) -> HttpResponse:
    """This will answer with a picture that the browser keeps for a while, of a type that the caller knows."""
    answer = HttpResponse(content, content_type=media_type)
    answer.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.headers["ETag"] = etag
    return answer
