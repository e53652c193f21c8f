"""A reader of videos that does to its process what a file is named after; imported by confined processes only."""

from __future__ import annotations

import ctypes
import json
import os
import time
from pathlib import Path
from typing import Any

from mtkd_engine.data.video import inside


def ingest_all(arguments: dict[str, Any]) -> None:
    """This will read all items as ever, but for those named after a misdeed."""
    for item in arguments["items"]:
        misdeed = _MISDEEDS.get(Path(item["paths"][0]).stem)
        if misdeed is not None:
            _say({"begun": item["number"]})
            misdeed(item["number"])
        else:
            inside.ingest_all({**arguments, "items": [item]})


def _say(line: dict[str, Any]) -> None:
    with Path(inside.SAID).open("a", encoding="utf-8") as said:
        said.write(json.dumps(line) + "\n")


def _crash(number: int) -> None:
    ctypes.string_at(0)


def _leave(number: int) -> None:
    os._exit(0)


def _lie(number: int) -> None:
    told = {"frames": -1, "rate": 1.0, "width": 1, "height": 1, "gops": [0], "notes": []}
    Path(inside.stream_name(number)).write_bytes(b"x")
    _say({"done": number, **told})
    time.sleep(60)


def _babble(number: int) -> None:
    with Path(inside.SAID).open("a", encoding="utf-8") as said:
        said.write("{{{\n")
    time.sleep(60)


def _say_of_nothing(number: int) -> None:
    """A stream that is not there, as if it were somebody else's."""
    told = {"frames": 1, "rate": 1.0, "width": 1, "height": 1, "gops": [0], "notes": []}
    _say({"done": number, **told})
    time.sleep(60)


def _sleep(number: int) -> None:
    time.sleep(600)


_MISDEEDS = {
    "crashes": _crash,
    "leaves": _leave,
    "lies": _lie,
    "babbles": _babble,
    "links": _say_of_nothing,
    "sleeps": _sleep,
}
