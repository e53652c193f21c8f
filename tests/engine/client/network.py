"""A network between a client and a server that a test can cut, also between a request and its answer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

_READ = 65536


class Network:
    """A port of this host that leads to another one."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        self._is_cut = False
        self._swallow = b""
        self.swallowed = 0
        self._ends: set[asyncio.StreamWriter] = set()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """This will break every connection, and new ones at once, until it is mended."""
        self._is_cut = True
        self._do(self._break())

    def mend(self) -> None:
        """This will let everything through again."""
        self._is_cut, self._swallow = False, b""

    def swallow(self, request: bytes) -> None:
        """This will break the next connection whose request begins so, once the server answers."""
        self._swallow = request

    def close(self) -> None:
        """This will end the network for good."""
        self._server.close()
        self.cut()
        self._do(asyncio.sleep(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _break(self) -> None:
        for end in list(self._ends):
            end.transport.abort()
        while self._ends:
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self._ends.add(writer)
        try:
            if self._is_cut:
                return
            answers, far = await asyncio.open_connection("127.0.0.1", self._target)
            ends.append(far)
            self._ends.add(far)
            doomed = asyncio.Event()
            await asyncio.gather(self._ask(reader, far, doomed), self._answer(answers, writer, doomed))
        except OSError:
            pass
        finally:
            for end in ends:
                self._ends.discard(end)
                end.transport.abort()

    async def _ask(
        self, source: asyncio.StreamReader, far: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while data := await source.read(_READ):
            if self._swallow and data.startswith(self._swallow):
                self._swallow = b""
                doomed.set()
            far.write(data)
            await far.drain()
        with contextlib.suppress(OSError):
            far.close()

    async def _answer(
        self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while data := await answers.read(_READ):
            if doomed.is_set():
                self.swallowed += 1
                raise ConnectionAbortedError
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
