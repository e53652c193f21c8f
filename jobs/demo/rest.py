"""A few lines of REST client, enough for the demo; a failed call says what the server said."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

FINAL = {"succeeded", "failed", "cancelled"}


class RestError(Exception):
    """The server refused a call; the message is its sentence."""


class Rest:
    """Calls to one server with one token."""

    def __init__(self, *, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """This will make one call and return the decoded answer; raises RestError."""
        request = urllib.request.Request(  # noqa: S310 - the address is our own server's
            f"{self._url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RestError(f"{method} {path} answered {error.code}: {error.read().decode()[:500]}") from None
        except urllib.error.URLError as error:
            raise RestError(f"{method} {path} did not reach the server: {error.reason}.") from None

    def wait(self, job_id: int, *, every: float = 0.5) -> dict[str, Any]:
        """This will return the job once nothing will happen to it any more."""
        while True:
            job: dict[str, Any] = self.call("GET", f"jobs/{job_id}/")
            if job["state"] in FINAL:
                return job
            time.sleep(every)

    def wait_until_registered(self, registration_id: int) -> dict[str, Any]:
        """This will return the registration once it is taken in; raises RestError when it is not."""
        while True:
            found: dict[str, Any] = self.call("GET", f"registrations/{registration_id}/?wait=30")
            if found["state"] == "registered":
                return found
            if found["state"] not in {"queued", "checking"}:
                name, state = found["name"], found["state"]
                raise RestError(f"The registration of {name} is {state}: {found['sentence']}")
