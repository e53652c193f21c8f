"""A way to the session's database that a test may cut: a socket of its own in front of the real one."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

PORT = 5432


class WayToDatabase:
    """Passes bytes on in both directions until it is cut, and again once it is mended."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f".s.PGSQL.{PORT}"
        database = settings.DATABASES["default"]
        self._real = f"{database['HOST']}/.s.PGSQL.{database['PORT'] or PORT}"
        self._listening: socket.socket | None = None
        self._open: list[socket.socket] = []
        self.address = (
            f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{quote(database['NAME'])}"
            f"?host={quote(str(folder))}&port={PORT}"
        )

    def mend(self) -> None:
        """This will let connections through from now on."""
        self._path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._path))
        self._listening.listen()
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """This will end all connections and refuse new ones."""
        if self._listening is not None:
            _end(self._listening)
        self._path.unlink(missing_ok=True)
        for line in self._open:
            _end(line)
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._real)
            self._open += [near, far]
            for start, end in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(start, end), daemon=True).start()


def _pump(start: socket.socket, end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := start.recv(65536):
            end.sendall(data)
    for line in (start, end):
        _end(line)


def _end(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
