"""`ETag` of what REST gives, and 304 for who has it already (`If-None-Match`).

Tags are weak: they are made of the JSON, which may yet be compressed on its way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.renderers import JSONRenderer

Handler = Callable[[HttpRequest], HttpResponseBase]
_KEPT = ("Cache-Control", "Link", "Vary")


class EntityTags:
    """Tags every JSON that a REST address gives to a GET, and leaves out what the asker has."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_rest(request) and "Cache-Control" not in response:  # tables, figures and refusals, too
            patch_cache_control(response, private=True, no_cache=True)
            patch_vary_headers(response, ["Authorization", "Cookie"])
        if not _is_tagged(request, response):
            return response
        assert isinstance(response, HttpResponse)
        tag = tag_of(response.content)
        response["ETag"] = tag
        if not names(request.headers.get("If-None-Match", ""), tag):
            return response
        short = HttpResponse(status=304, headers={name: response[name] for name in _KEPT if name in response})
        del short["Content-Type"]
        short["ETag"] = tag
        return short


def tag_of(content: bytes) -> str:
    """This will make the tag of a body."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def tag_of_json(data: Any) -> str:
    """This will make the tag that an answer with these data will have."""
    return tag_of(JSONRenderer().render(data))


def names(header: str, tag: str) -> bool:
    """This will tell whether a header If-None-Match names a tag, strong or weak."""
    asked = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in asked or tag.removeprefix("W/") in asked


def _is_rest(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith("api-")


def _is_tagged(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        _is_rest(request)
        and request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and not response.streaming
        and "ETag" not in response
        and "no-store" not in response.headers.get("Cache-Control", "")
        and response.headers.get("Content-Type", "").startswith("application/json")
    )
