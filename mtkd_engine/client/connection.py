"""Calls to one server that survive a bad network: whatever may be asked again is, until patience ends.

Every call that changes something carries an idempotency key, the same for all its tries, so that a call whose answer
was lost on the way is answered again and not carried out again.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from mtkd_engine.client.errors import AwayError, RefusedError

PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""Answers that may be others a moment later."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
LONGEST_SENTENCE = 300
_NOT_FOUND = 404
_READING = ("GET", "HEAD", "OPTIONS")
_Params = Mapping[str, str | int | float | bool]


class Connection:
    """One server and one token; `patience` is for how many seconds a call that fails is tried again."""

    def __init__(
        self,
        *,
        url: str,
        token: str,
        patience: float,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self.patience = patience
        self.pause = pause
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}", "User-Agent": "mtkd"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
        )

    def close(self) -> None:
        """This will let go of the network."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: _Params | None = None,
        body: Any = None,
        files: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> httpx.Response:
        """This will make a call and return its answer, any below 400; `body` is sent as JSON.

        `key` is the idempotency key, a new one unless given; `seconds` are waited for each answer. Raises
        RefusedError and AwayError.
        """
        sent = {**_keyed(method, key), **(headers or {})}
        content = None
        if body is not None:
            content, sent["Content-Type"] = _plain(body), "application/json"
        if files is not None:  # a boundary of its own each time would make another body of the same one
            sent["Content-Type"] = f"multipart/form-data; boundary={uuid.uuid4().hex}"
        tries = Tries(self)
        while True:
            request = self._http.build_request(
                method,
                self._address(path),
                params=params,
                content=content,
                data=data,
                files=files,
                headers=sent,
                timeout=httpx.Timeout(ANSWER_SECONDS, read=seconds, connect=CONNECT_SECONDS),
            )
            answer = self._tried(request, tries)
            if answer is not None:
                return answer

    def once(
        self, method: str, path: str, *, content: bytes, headers: Mapping[str, str], seconds: float
    ) -> httpx.Response:
        """This will make one try of a call that its caller repeats otherwise; raises RefusedError and AwayError."""
        try:
            answer = self._http.request(
                method, self._address(path), content=content, headers=dict(headers), timeout=seconds
            )
        except httpx.TransportError as error:
            raise AwayError(said(error)) from None
        if answer.status_code in PASSING:
            raise AwayError(_problem(answer)[0])
        refuse(answer)
        return answer

    @contextmanager
    def opened(
        self,
        path: str,
        *,
        params: _Params | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Iterator[httpx.Response]:
        """This will make one try of a GET whose body is read as it comes; raises RefusedError and AwayError."""
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        try:
            with self._http.stream(
                "GET", self._address(path), params=params, headers=dict(headers or {}), timeout=timeout
            ) as answer:
                if answer.status_code >= 300:
                    answer.read()
                    if answer.status_code in PASSING:
                        raise AwayError(_problem(answer)[0])
                    refuse(answer)
                yield answer
        except httpx.TransportError as error:
            raise AwayError(said(error)) from None

    def _tried(self, request: httpx.Request, tries: Tries) -> httpx.Response | None:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            tries.again(said(error))
            return None
        told = answer.headers.get("Retry-After")
        # 409 with Retry-After: the first try of this call is still being carried out.
        if answer.status_code in PASSING or (answer.status_code == 409 and told):
            tries.again(_problem(answer)[0], told=told)
            return None
        refuse(answer)
        return answer

    def _address(self, path: str) -> str:
        """A path below /api/v1/, or one from the root, as the server gives them; never another server."""
        if path.startswith(("http://", "https://", "/")):
            parts = urlsplit(path)
            query = f"?{parts.query}" if parts.query else ""
            return f"{_origin(self.url)}{parts.path}{query}"
        return f"{self.url}/api/v1/{path}"


class Tries:
    """How often a call was tried, and for how much longer it will be."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ends = time.monotonic() + connection.patience
        self._count = 0

    def again(self, why: str, *, told: str | None = None) -> None:
        """This will wait before the next try, as long as the server `told`; raises AwayError when patience ends."""
        wanted = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._count) * random.uniform(0.5, 1)  # noqa: S311
        if told is not None and told.isascii() and told.isdecimal():
            wanted = max(wanted, min(float(told), 3600.0))
        left = self._ends - time.monotonic()
        if left <= 0 or wanted > self._connection.patience:
            raise AwayError(f"{why} Asked {self._count + 1} times; try again later.")
        self._count += 1
        self._connection.pause(min(wanted, left))

    def went_well(self) -> None:
        """This will begin to count anew: something has moved."""
        self._ends = time.monotonic() + self._connection.patience
        self._count = 0


def checked_url(url: str) -> str:
    """This will return the address of a server without its last slash; raises RefusedError."""
    try:
        parts = httpx.URL(url if "://" in url else f"https://{url}")
    except httpx.InvalidURL:
        parts = httpx.URL("")
    if parts.scheme not in {"http", "https"} or not parts.host or parts.userinfo or parts.query:
        raise RefusedError(
            f"url: given {url[:100]!r}, accepted is an address such as https://mtkd.example.org."
        )
    return str(parts.copy_with(fragment=None)).rstrip("/")


def refuse(answer: httpx.Response) -> None:
    """This will raise RefusedError for an answer that is none."""
    if 300 <= answer.status_code < 400 and answer.status_code != 304:
        where = answer.headers.get("Location", "elsewhere")[:200]
        raise RefusedError(
            f"The server sends its callers to {where}; give that address.", status=answer.status_code
        )
    if answer.status_code >= 400:
        detail, fields = _problem(answer)
        if answer.status_code == _NOT_FOUND:
            detail = f"{_asked(answer)}: {detail}"
        raise RefusedError(detail, fields=fields, status=answer.status_code)


def _asked(answer: httpx.Response) -> str:
    """What was asked for, without what every address begins with: `jobs/7/`, `jobs/?project=nightly`."""
    return answer.request.url.raw_path.decode("ascii").rpartition("/api/v1/")[2][:LONGEST_SENTENCE]


def said(error: httpx.TransportError) -> str:
    """This will say in a sentence how a call did not reach the server."""
    if isinstance(error, httpx.TimeoutException):
        return "The server did not answer in time."
    return f"The server cannot be reached ({str(error)[:LONGEST_SENTENCE] or type(error).__name__})."


def _problem(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The sentence of a problem JSON, and those of its fields."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("detail"), str):
        return f"The server answered {answer.status_code} {answer.reason_phrase}.".replace(" .", "."), {}
    fields = body.get("fields")
    known = fields if isinstance(fields, dict) else {}
    return body["detail"], {str(field): str(text) for field, text in known.items()}


def _keyed(method: str, key: str | None) -> dict[str, str]:
    return {} if method in _READING else {"Idempotency-Key": key or uuid.uuid4().hex}


def _plain(body: Any) -> bytes:
    """The same bytes for the same data: another body under one idempotency key is refused."""
    try:
        return json.dumps(body, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise RefusedError(f"This cannot be sent as JSON: {error}.") from None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
