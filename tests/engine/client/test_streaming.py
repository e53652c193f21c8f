"""Server-sent events over connections that end whenever they like."""

from __future__ import annotations

import httpx
import pytest

from mtkd_engine.client import AwayError, Message
from mtkd_engine.client.streaming import stream
from tests.engine.client.answering import Breaking, Script, cut, problem

PATH = "jobs/7/stream/"


def events(text: str, *, broken: bool = False) -> httpx.Response:
    body = text.encode()
    return httpx.Response(200, stream=Breaking([body]) if broken else httpx.ByteStream(body))


def test_a_stream_goes_on_behind_the_last_message_after_every_cut() -> None:
    server = Script(
        events(
            'id: 1\nevent: job\ndata: {"state":"running"}\n\nid: 2\nevent: metrics\ndata: {"a"', broken=True
        ),
        cut(),
        events(": still here\n\nid: 2\nevent: metrics\ndata: [1,\ndata: 2]\n\n"),
        problem(503),
        events('id: 3\nevent: end\ndata: {"state":"succeeded"}\n\nid: 4\ndata: never\n\n'),
    )
    found = list(stream(server.connection(), PATH))
    assert found == [
        Message("1", "job", {"state": "running"}),
        Message("2", "metrics", [1, 2]),
        Message("3", "end", {"state": "succeeded"}),
    ]
    assert [request.headers.get("Last-Event-ID") for request in server.asked] == [None, "1", "1", "2", "2"]


def test_a_stream_may_begin_in_the_middle_and_data_may_be_plain_text() -> None:
    server = Script(events("id:9\nevent:end\ndata:done\n\n"))
    assert list(stream(server.connection(), PATH, after=8)) == [Message("9", "end", "done")]
    assert server.asked[0].headers["Last-Event-ID"] == "8"


def test_a_server_that_stays_away_ends_the_stream() -> None:
    with pytest.raises(AwayError):
        list(stream(Script(cut()).connection(patience=0), PATH))
