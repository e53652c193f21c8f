"""Files of a job on their way to this machine: cut off anywhere, they go on; what arrives is checked by its sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from mtkd_engine.client.answers import Artifact
from mtkd_engine.client.connection import Connection, Tries
from mtkd_engine.client.errors import AwayError, DamagedError, RefusedError

PART_ENDING = ".part"

OnCame = Callable[[int], None]


def download(
    connection: Connection, *, job_id: int, artifact: Artifact, folder: Path, on_came: OnCame
) -> Path:
    """This will bring one file of a job into a folder and return its path; one that is there is not sent again.

    `on_came` hears how many bytes have come. Raises RefusedError, AwayError and DamagedError.
    """
    is_plain = Path(artifact.name).name == artifact.name and artifact.name.isprintable()
    if not is_plain or artifact.name in {"", ".", ".."}:
        raise RefusedError(
            f"The server names a file {artifact.name[:80]!r}, which is no name of a file here."
        )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / artifact.name
    if target.is_file() and target.stat().st_size == artifact.size and _sha256(target) == artifact.sha256:
        on_came(artifact.size)
        return target
    part = target.with_name(target.name + PART_ENDING)
    for _ in range(2):  # an old part may be of other bytes: once more from the start
        _fetch(connection, job_id=job_id, artifact=artifact, part=part, on_came=on_came)
        if _sha256(part) == artifact.sha256:
            part.replace(target)
            return target
        part.unlink()
    raise DamagedError(f"{artifact.name} arrived twice with another sha256 than the server keeps of it.")


def _fetch(connection: Connection, *, job_id: int, artifact: Artifact, part: Path, on_came: OnCame) -> None:
    """Until the part is as long as the file."""
    path = f"jobs/{job_id}/artifacts/{quote(artifact.name, safe='')}"
    tries = Tries(connection)
    part.touch()
    while (came := part.stat().st_size) < artifact.size:
        try:
            _fetch_from(connection, path, first=came, artifact=artifact, part=part, on_came=on_came)
            why = f"{artifact.name} came only in part."
        except AwayError as error:
            why = str(error)
        if part.stat().st_size > came:
            tries.went_well()
        if part.stat().st_size < artifact.size:
            tries.again(why)


def _fetch_from(
    connection: Connection, path: str, *, first: int, artifact: Artifact, part: Path, on_came: OnCame
) -> None:
    headers = {"Accept-Encoding": "identity"}
    if first:
        headers |= {"Range": f"bytes={first}-", "If-Range": f'"{artifact.sha256}"'}
    with connection.opened(path, headers=headers) as answer:
        is_rest = answer.status_code == 206
        with part.open("ab" if is_rest else "wb") as file:
            came = first if is_rest else 0
            for piece in answer.iter_bytes():
                file.write(piece)
                came += len(piece)
                on_came(came)
                if came > artifact.size:
                    raise DamagedError(f"{artifact.name} is longer than the server said.")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
