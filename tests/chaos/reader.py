"""A reader of the job page's websocket, from the first frame to the last, over whatever breaks on the way."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from typing import Any

from django.conf import settings
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.chaos.world import SYSTEM, Curves

PX = 10_000  # more than there are steps: nothing is thinned out
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class Reader(threading.Thread):
    """Follows one job as `feed.js` does; `trouble` makes it slow and lets its sockets drop."""

    def __init__(self, *, address: str, session: str, job_id: int, draw: random.Random) -> None:
        super().__init__(name=f"reader of job {job_id}", daemon=True)
        self.curves: Curves = {}
        self.state = ""
        self.broken = 0
        self.dropped = 0
        self.paused = 0
        self.problem = ""
        self._url = f"ws://{address}/live/jobs/{job_id}/"
        self._headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        self._origin = f"http://{address}"
        self._draw = draw
        self._seq = 0
        self._trouble = 0
        self._gone = threading.Event()
        self._socket: ClientConnection | None = None

    def trouble(self, times: int) -> None:
        """This will make the reader pause or lose its socket so many times in the frames that come."""
        self._trouble += times

    def leave(self) -> None:
        """This will end the thread, wherever it is."""
        self._gone.set()
        self._drop()
        self.join(timeout=20)

    def run(self) -> None:
        """This will read until the job has ended and the server says that this was all."""
        while not self._gone.is_set() and not self.problem:
            try:
                if self._follow():
                    return
            except (OSError, WebSocketException, TimeoutError):
                self.broken += 1
                time.sleep(0.2)

    def _follow(self) -> bool:
        with connect(
            self._url,
            additional_headers=self._headers,
            origin=self._origin,  # type: ignore[arg-type]
            open_timeout=10,
            close_timeout=1,
            max_size=None,
            proxy=None,
        ) as line:
            self._socket = line
            line.send(json.dumps({"after": self._seq, "px": PX}))
            while not self._gone.is_set():
                frame = json.loads(line.recv(timeout=20))
                if "away" in frame:  # the database is; the feed goes on when it is back
                    continue
                self._take(frame)
                if frame["job"]["final"] and not frame["more"]:
                    return True
                self._suffer()
        return False

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["after"] != self._seq and not frame["replace"]:
            self.problem = f"a frame began behind {frame['after']}, but the reader stood at {self._seq}"
            return
        if frame["replace"]:
            self.curves = {}
        for name, points in frame["points"].items():
            if not name.startswith(SYSTEM):
                self._append(name, points["steps"], [_NUMBERS.get(v, v) for v in points["values"]])
        self._seq = frame["seq"]
        self.state = frame["job"]["state"]

    def _append(self, name: str, steps: list[int], values: list[float]) -> None:
        held_steps, held_values = self.curves.setdefault(name, ([], []))
        keep = len(held_steps)
        while steps and keep and held_steps[keep - 1] >= steps[0]:
            keep -= 1
        held_steps[keep:], held_values[keep:] = steps, values

    def _suffer(self) -> None:
        if self._trouble <= 0:
            return
        self._trouble -= 1
        if self._draw.random() < 0.5:
            self.paused += 1
            self._gone.wait(self._draw.uniform(0.5, 1.5))
        else:
            self.dropped += 1
            self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.socket.shutdown(socket.SHUT_RDWR)
