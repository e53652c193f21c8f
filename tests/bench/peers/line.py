"""One connection that stays open, for every server alike, so that what is measured is the server."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping

IDLE_SECONDS = 2.0  # servers close what is silent for some seconds, without a word


class Line:
    """Asks one server; the answer is read to its end."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._headers = dict(headers or {})
        self._used_at = 0.0

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """This will return the body of the answer; RuntimeError where the server refuses."""
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()  # the request opens it again
        headers = self._headers if body is None else {**self._headers, "Content-Type": kind}
        try:
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        self._used_at = time.monotonic()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path[:80]} answered {answer.status}: {said[:300]!r}")
        return said

    def wait(self, path: str, *, seconds: float) -> None:
        """This will return once the server answers; RuntimeError when it does not in time."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.ask("GET", path)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not answer within {seconds:g} s") from None
                time.sleep(0.2)
            else:
                return
