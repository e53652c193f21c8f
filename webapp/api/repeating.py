"""`Idempotency-Key`: a write that is sent again with its key is not done again, its answer is given again.

What was refused did nothing, so its answer is not kept: the next call with that key is looked at anew. Secrets are
shown once and not kept either: a repeated call that made one is refused. Parts of uploads need no key,
`Upload-Offset` says which they are.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs.models import ApiToken, User
from jobs.operations.keyed_calls import Answer, begin_call, keep_answer
from mtkd_engine.spec import LARGEST_TEXT
from webapp.api.parsers import PartParser

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SHOWN_ONCE = frozenset({"api-tokens", "api-users", "api-user", "api-webhooks", "api-webhook-rotation"})
"""Routes whose writes may be answered with a secret; `Cache-Control: no-store` says that one was."""


class IdempotencyKeys:
    """Lets REST views that were called with a key take it into account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """This will answer calls with a key; all others go on as they were."""
        method = request.method or ""
        if HEADER not in request.headers or method not in WRITES or not hasattr(view, "cls"):
            return None
        if not hasattr(view.cls, method.lower()):  # that is refused whatever the key
            return None
        answer: HttpResponseBase = _keyed(view.cls).as_view(**view.initkwargs)(request, *args, **kwargs)
        return answer


class Replayed(Exception):  # noqa: N818  (it is no error)
    """The call was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class SecretGone(APIException):
    """The call was made before, and its answer held a secret."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This call was made already; the secret in its answer is shown once and was not kept."


class Keyed(APIView):
    """A view in one transaction with the kept answer; it begins once the asker is known and may use the route."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """This will answer a call, keeping the answer if it was not refused."""
        self.asked = ""
        with ExitStack() as self.transaction:
            response = super().dispatch(request, *args, **kwargs)
            if self.asked and response.status_code < 400:
                self._keep(response)
            elif self.asked and response.status_code >= 500:
                transaction.set_rollback(True)
            return response

    def _keep(self, response: HttpResponseBase) -> None:
        assert isinstance(response, HttpResponse)
        if hasattr(response, "render"):
            response.render()
        headers = dict(response.headers)
        body = b"" if self._is_secret(headers) else bytes(response.content)
        answer = Answer(status=response.status_code, headers=headers, body=body)
        keep_answer(user=self.user, key=self.key, asked=self.asked, answer=answer)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """This will look up the key, behind the checks that every call passes."""
        super().initial(request, *args, **kwargs)
        if not isinstance(request.user, User) or _is_part(request):
            return
        assert request.resolver_match is not None
        self.route = request.resolver_match.view_name
        self.user, self.key = request.user, _key(request)
        asked = _asked(request)
        self.transaction.enter_context(transaction.atomic())
        if (known := begin_call(user=self.user, key=self.key, asked=asked)) is not None:
            raise SecretGone if self._is_secret(known.headers) else Replayed(known)
        self.asked = asked

    def _is_secret(self, headers: Mapping[str, str]) -> bool:
        return self.route in SHOWN_ONCE and "no-store" in headers.get("Cache-Control", "")

    def handle_exception(self, exc: Exception) -> Any:
        """This will answer as before, where there is such an answer."""
        if not isinstance(exc, Replayed):
            return super().handle_exception(exc)
        response = HttpResponse(exc.answer.body, status=exc.answer.status)
        for name, value in exc.answer.headers.items():
            response[name] = value
        response[REPLAYED] = "true"
        return response


@functools.cache
def _keyed(view: type[APIView]) -> type[APIView]:
    return type(view.__name__, (Keyed, view), {})


def _is_part(request: Request) -> bool:
    return request.method == "PATCH" and request.content_type == PartParser.media_type


def _key(request: Request) -> str:
    key = request.headers[HEADER]
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        sentence = f"given {key[:40]!r}, accepted are 1 to {LONGEST_KEY} printable characters of ASCII."
        raise ValidationError({HEADER: sentence})
    return key


def _asked(request: Request) -> str:
    """Method, address and body; and what the asker's token is bound to, for the answer may not be shown elsewhere."""
    token = request.auth
    bound = token.project_id if isinstance(token, ApiToken) else None
    headers = {name: value for name, value in request.headers.items() if name.startswith("Upload-")}
    known = [request.method, request.get_full_path(), request.content_type.split(";")[0], bound, headers]
    # Keyed, for a body may hold a password.
    digest = hmac.new(
        settings.SECRET_KEY.encode(), json.dumps(known, sort_keys=True).encode(), hashlib.sha256
    )
    if request.content_type.startswith("multipart/"):  # each time with another boundary
        _add_form(digest, request)
    else:
        http = request._request
        body = http.read(LARGEST_TEXT + 1)
        if len(body) > LARGEST_TEXT:  # it would lie in memory as a whole, and no text is that long
            sentence = f"given beside a longer body, accepted is one of up to {LARGEST_TEXT:,} bytes."
            raise ValidationError({HEADER: sentence})
        http._body = body  # what is asked for `body` would be refused above the size of a form
        digest.update(body)
    return digest.hexdigest()


def _add_form(digest: Any, request: Request) -> None:
    form: Any = request.data  # a mapping with several values
    for name in sorted(form):
        for value in form.getlist(name):
            digest.update(json.dumps([name, getattr(value, "name", value)]).encode())
            if hasattr(value, "chunks"):
                for piece in value.chunks():
                    digest.update(hashlib.sha256(piece).digest())
                value.seek(0)
