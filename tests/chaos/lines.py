"""The lines between a machine and a server: each can be cut, or fall silent, without either end knowing why."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

_READ = 65536


class Line:
    """A TCP port of this host that leads to a unix socket, for one machine alone."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"line to {target.name}", daemon=True
        )
        self._thread.start()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """This will break every connection and refuse new ones."""
        self._is_cut = True
        self._do(self._break())

    def hush(self) -> None:
        """This will let nothing through any more; connections stay, and new ones are taken and not answered."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def mend(self) -> None:
        """This will let everything through again, also what waited meanwhile."""
        self._is_cut = False
        self._loop.call_soon_threadsafe(self._flowing.set)

    def close(self) -> None:
        """This will end the line for good."""
        self._server.close()
        self._do(self._break())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _break(self) -> None:
        for end in list(self._ends):
            end.transport.abort()
        for task in list(self._tasks):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            if self._is_cut:
                return
            answers, far = await asyncio.open_unix_connection(str(self._target))
            self._ends.add(far)
            await asyncio.gather(self._pump(reader, far), self._pump(answers, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for end in (writer, far):
                if end is not None:
                    self._ends.discard(end)
                    end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(_READ):
            await self._flowing.wait()
            target.write(data)
            await target.drain()
        with contextlib.suppress(OSError):
            target.close()
