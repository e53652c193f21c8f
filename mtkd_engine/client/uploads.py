"""Files on their way to the server by the tus protocol 1.0.0: cut off anywhere, they go on where they stopped.

An upload begins under an idempotency key made of the file and of what it is for. A client that was killed and is
started again thereby finds the upload it had begun, and sends only the rest.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from mtkd_engine.client.connection import Connection, Tries
from mtkd_engine.client.errors import AwayError, RefusedError

PART_BYTES = 8 * 2**20
PART_SECONDS = 120.0
_TUS = {"Tus-Resumable": "1.0.0"}
_ASK_AGAIN = frozenset({409, 460})
"""The offset is another one than thought, or the part was damaged on its way."""

OnSent = Callable[[int], None]


def upload(
    connection: Connection, file: Path, *, name: str, project: str, purpose: str = "", on_sent: OnSent
) -> str:
    """This will send a file under a name, which may have folders, and return the id of the upload.

    `purpose` tells uploads of the same file apart; `on_sent` hears how many bytes the server has, again after each
    part. Raises RefusedError and AwayError.
    """
    size = file.stat().st_size
    place = _begun(connection, file, name=name, project=project, purpose=purpose)
    offset = _offset(connection, place)
    if offset is None:  # begun under this key before, and thrown away since
        place = _begun(connection, file, name=name, project=project, purpose=uuid.uuid4().hex)
        offset = 0
    tries = Tries(connection)
    with file.open("rb") as stream:
        while offset < size:
            on_sent(offset)
            stream.seek(offset)
            part = stream.read(min(PART_BYTES, size - offset))
            if not part:
                raise RefusedError(f"{file} became shorter while it was sent.")
            came = _sent(connection, place, offset=offset, part=part, tries=tries)
            if came > offset:
                tries.went_well()
            offset = came
    on_sent(size)
    return place.rstrip("/").rsplit("/", 1)[-1]


def files_of(place: Path) -> Iterator[tuple[Path, str]]:
    """This will give the files of a folder, or the one file, with the names they are sent under."""
    if place.is_file():
        yield place, place.name
        return
    for file in sorted(place.rglob("*")):
        inside = file.relative_to(place)
        if file.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield file, inside.as_posix()


def _begun(connection: Connection, file: Path, *, name: str, project: str, purpose: str) -> str:
    """Where the parts go."""
    state = file.stat()
    what = (connection.url, str(file.resolve()), state.st_size, state.st_mtime_ns, name, project, purpose)
    headers = {
        **_TUS,
        "Upload-Length": str(state.st_size),
        "Upload-Metadata": f"filename {_base64(name.encode())}",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = connection.ask(
        "POST",
        "uploads/",
        params={"project": project},
        headers=headers,
        key=hashlib.sha256(repr(what).encode()).hexdigest(),
    )
    place = answer.headers.get("Location")
    if not place:
        raise RefusedError("The server did not say where the upload goes.")
    return str(place)


def _offset(connection: Connection, place: str) -> int | None:
    """How many bytes have come; None where the server knows no such upload."""
    try:
        answer = connection.ask("HEAD", place, headers=_TUS)
    except RefusedError as error:
        if error.status in {404, 410}:
            return None
        raise
    return int(answer.headers.get("Upload-Offset", "0"))


def _sent(connection: Connection, place: str, *, offset: int, part: bytes, tries: Tries) -> int:
    """How many bytes have come after a part was sent; after a cut the server is asked for them."""
    headers = {
        **_TUS,
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(part).digest())}",
        "Content-Type": "application/offset+octet-stream",
    }
    try:
        answer = connection.once("PATCH", place, content=part, headers=headers, seconds=PART_SECONDS)
        return int(answer.headers["Upload-Offset"])
    except AwayError as error:
        tries.again(str(error))
    except RefusedError as error:
        if error.status not in _ASK_AGAIN:
            raise
        tries.again(str(error))
    came = _offset(connection, place)
    if came is None:
        raise RefusedError("The server forgot this upload, as it does after a day; begin again.")
    return came


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
