"""The archive of a backup: a tar file whose last member, the manifest, lists the sha256 of all others.

    database.dump   secret_key   blobs/ab/SHA256   uploads/UUID/OFFSET   manifest.json

It appears under its name when it is whole. Files have the names that they have in the storage.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from jobs.local.home import LocalError

VERSION = 1
MANIFEST, DUMP, KEY = "manifest.json", "database.dump", "secret_key"
_NAMES = re.compile(
    r"database\.dump|secret_key|blobs/(?P<head>[0-9a-f]{2})/(?P=head)[0-9a-f]{62}|uploads/[0-9a-f-]{36}/\d{1,20}",
    re.ASCII,
)
_LARGEST_MANIFEST = 1 << 30
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an archive says of itself; `storage` is the bucket that keeps the stored files, None when it has them."""

    made_at: str
    migrations: list[str]
    counts: dict[str, int]
    storage: str | None = None
    missing: list[str] = field(default_factory=list)
    sha256: dict[str, str] = field(default_factory=dict)
    format: str = "mtkd backup"
    version: int = VERSION


class ArchiveWriter:
    """Adds members to an archive that is not yet there; `sha256` tells what was added."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.sha256: dict[str, str] = {}

    def add(self, name: str, source: IO[bytes], *, size: int) -> str:
        """This will add `size` bytes of a stream and return their sha256; fewer raise an OSError."""
        reader = _Hashing(source)
        self._add(name, reader, size=size)
        self.sha256[name] = reader.sha256.hexdigest()
        return self.sha256[name]

    def finish(self, manifest: Manifest) -> None:
        """This will add the manifest and the end of the archive."""
        content = json.dumps(asdict(manifest), indent=1).encode()
        self._add(MANIFEST, io.BytesIO(content), size=len(content))
        self._tar.close()

    def _add(self, name: str, source: Any, *, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, source)


class _Hashing:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._source.read(size)
        self.sha256.update(piece)
        return piece


@contextlib.contextmanager
def writing(target: Path) -> Iterator[ArchiveWriter]:
    """This will lend the writer of an archive, which appears at `target` once the block has ended well."""
    if target.exists():
        raise LocalError(f"{target} exists already; it is not replaced.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield ArchiveWriter(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except tarfile.TarError as error:
        raise LocalError(f"{target} cannot be written: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def verify(source: Path) -> Manifest:
    """This will read an archive from end to end and return its manifest; LocalError where anything is amiss."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None

    def look(name: str, content: IO[bytes], _size: int) -> None:
        nonlocal manifest
        if name == MANIFEST:
            manifest = _manifest(content.read(_LARGEST_MANIFEST), source)
        else:
            found[name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]

    each_member(source, look)
    if manifest is None:
        raise LocalError(f"{source} is not whole: its manifest, which comes last, is missing.")
    _compare(manifest.sha256, found, source)
    return manifest


def each_member(source: Path, use: Callable[[str, IO[bytes], int], None]) -> None:
    """This will call `use` with name, content and size of every member, in order; LocalError for an odd archive."""
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not (member.name == MANIFEST or _NAMES.fullmatch(member.name)):
                    raise LocalError(f"{source} is no backup of mtkd: it holds {member.name[:80]!r}.")
                use(member.name, content, member.size)
    except FileNotFoundError:
        raise LocalError(f"There is no file {source}.") from None
    except (tarfile.TarError, EOFError) as error:
        raise LocalError(f"{source} is no whole backup of mtkd: {error}.") from error


def _manifest(content: bytes, source: Path) -> Manifest:
    try:
        given = json.loads(content)
        if given["format"] != "mtkd backup" or given["version"] > VERSION:
            raise LocalError(f"{source} was made by a newer mtkd: restore it with that one.")
        return Manifest(**given)
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(f"{source} is no backup of mtkd: its manifest makes no sense.") from error


def _compare(wanted: Mapping[str, str], found: Mapping[str, str], source: Path) -> None:
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise LocalError(f"{source} is not whole: {name} is missing.")
        if wanted.get(name) != found[name]:
            raise LocalError(f"{source} was changed: {name} is not what the manifest says.")
    if DUMP not in wanted:
        raise LocalError(f"{source} is not whole: it has no database.")
