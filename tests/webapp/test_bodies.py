from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.exceptions import RequestAborted
from pytest_django import Settings

from webapp.bodies import BodyHandler, Message

PIECE = bytes(1 << 16)


class Client:
    """Sends a body piece by piece, and notes what the server says."""

    def __init__(self, *, pieces: int, is_cut_off: bool = False) -> None:
        self.left = pieces
        self.is_cut_off = is_cut_off
        self.heard: list[Message] = []

    async def receive(self) -> Message:
        self.left -= 1
        if self.left < 0 and self.is_cut_off:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0 or self.is_cut_off}

    async def send(self, message: Message) -> None:
        self.heard.append(message)


def test_a_large_body_lies_on_the_disk(settings: Settings) -> None:
    before = psutil.Process().memory_info().rss
    client = Client(pieces=60 * 16)
    body: Any = asyncio.run(BodyHandler().read_body(client.receive))
    assert psutil.Process().memory_info().rss - before < 30 << 20
    assert body.tell() == 0
    assert body.fileno() > 0  # a small one would have no file
    assert sum(len(piece) for piece in iter(lambda: body.read(1 << 20), b"")) == 60 << 20
    assert (Path(settings.MTKD_HOME) / "work").is_dir()
    body.close()


@pytest.mark.parametrize(("headers", "left"), [([(b"content-length", b"2097153")], 100), ([], 67)])
def test_a_body_that_is_too_large_is_not_read_to_its_end(
    settings: Settings, headers: list[tuple[bytes, bytes]], left: int
) -> None:
    settings.LARGEST_PART = 1 << 20
    client = Client(pieces=100)
    asyncio.run(BodyHandler()({"type": "http", "headers": headers}, client.receive, client.send))
    assert client.left == left
    assert client.heard[0]["status"] == 413
    assert json.loads(client.heard[1]["body"])["detail"].startswith("The body is too large; up to 1,048,576")


def test_a_body_that_breaks_off_comes_to_nothing() -> None:
    with pytest.raises(RequestAborted):
        asyncio.run(BodyHandler().read_body(Client(pieces=3, is_cut_off=True).receive))


def test_a_full_disk_is_told_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    client = Client(pieces=100)
    handler = BodyHandler()
    full: Any = lambda **_: open("/dev/full", "w+b", buffering=0)  # noqa: E731, SIM115
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("webapp.bodies.tempfile.SpooledTemporaryFile", full)
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        asyncio.run(handler(scope, client.receive, client.send))
    assert client.heard[0]["status"] == 507
    said = json.loads(client.heard[1]["body"])["detail"]
    assert said == "The server cannot keep the body: No space left on device."
