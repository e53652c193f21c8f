"""Server-sent events that go on behind the last one after every cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from mtkd_engine.client.connection import Connection, Tries
from mtkd_engine.client.errors import AwayError

SILENCE_SECONDS = 40.0
"""The server says something each 15 s, if only that it is there."""
END = "end"


@dataclass(frozen=True)
class Message:
    """One event: its number, what it is about, and what it says."""

    id: str
    event: str
    data: Any


def stream(connection: Connection, path: str, *, after: int | None = None) -> Iterator[Message]:
    """This will yield what a server says until it says that this was the end, over any number of connections.

    Raises RefusedError, and AwayError when the server stays away for longer than patience allows.
    """
    last = None if after is None else str(after)
    tries = Tries(connection)
    while True:
        headers = {"Accept": "text/event-stream", **({} if last is None else {"Last-Event-ID": last})}
        try:
            with connection.opened(path, headers=headers, seconds=SILENCE_SECONDS) as answer:
                for message in _messages(answer):
                    tries.went_well()
                    last = message.id or last
                    yield message
                    if message.event == END:
                        return
            why = "The stream ended in the middle."
        except AwayError as error:
            why = str(error)
        tries.again(why)


def _messages(answer: httpx.Response) -> Iterator[Message]:
    """Fields of a message stand on lines of their own, an empty line ends it, comments begin with a colon."""
    number, event, data = "", "message", list[str]()
    for line in answer.iter_lines():
        if not line:
            if data:
                yield Message(id=number, event=event, data=_read("\n".join(data)))
            event, data = "message", []
            continue
        field, _, text = line.partition(":")
        text = text.removeprefix(" ")
        if field == "id":
            number = text
        elif field == "event":
            event = text
        elif field == "data":
            data.append(text)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
