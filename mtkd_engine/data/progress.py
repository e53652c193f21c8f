"""How far a check is, for whoever watches a small file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

_PAUSE = 0.2  # seconds between two writes of the same part


class Progress:
    """Says how far a piece of work is in a JSON file that is replaced whole; says nothing without one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._part = ""
        self._next = 0.0

    def say(self, part: str, *, done: int = 0, of: int = 0) -> None:
        """This will write {"part", "done", "of"}, at most about five times a second for each part."""
        now = time.monotonic()
        if self._path is None or (part == self._part and now < self._next and (done != of or not of)):
            return
        self._part, self._next = part, now + _PAUSE
        fresh = self._path.with_name(self._path.name + ".part")
        fresh.write_text(json.dumps({"part": part, "done": done, "of": of}), encoding="utf-8")
        os.replace(fresh, self._path)
