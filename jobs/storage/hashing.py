"""Bytes that are counted and hashed while they are read, and refused at their end where they are others."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20


class StorageError(ValueError):
    """What is stored is not what was put there, or cannot be put there; one sentence."""


class NoRoomError(StorageError):
    """There is no room left where something was to be put."""


class StorageAwayError(StorageError):
    """The storage does not answer, or not as it should; what is stored there may be as good as ever."""


class ChecksumError(StorageError):
    """What arrived is not what was announced."""


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """What bytes hash to, by an algorithm that hashlib knows."""

    algorithm: str
    digest: bytes


class HashedReader(io.RawIOBase):
    """A stream that can only be read once, from the first byte to the last.

    Reading its end raises StorageError when there were fewer bytes than `length`, ChecksumError when they are
    not those of `checksum`. Bytes behind `length` are left alone.
    """

    def __init__(self, stream: IO[bytes], *, length: int, checksum: Checksum | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._length = length
        self._left = length
        self._wanted = checksum
        self._sha256 = hashlib.sha256()
        algorithm = checksum.algorithm if checksum is not None else "sha256"
        self._other = None if algorithm == "sha256" else hashlib.new(algorithm, usedforsecurity=False)

    @property
    def sha256(self) -> str:
        """What was read so far hashes to this."""
        return self._sha256.hexdigest()

    def readable(self) -> bool:
        """True: who stores it asks."""
        return True

    def read(self, size: int = -1) -> bytes:
        """This will return exactly `size` bytes, or fewer at the end, which is where they are judged."""
        pieces: list[bytes] = []
        missing = self._left if size is None or size < 0 else min(size, self._left)
        while missing and (piece := self._stream.read(min(missing, _BLOCK))):
            self._sha256.update(piece)
            if self._other is not None:
                self._other.update(piece)
            pieces.append(piece)
            self._left -= len(piece)
            missing -= len(piece)
        if missing or not self._left:
            self._judge()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _judge(self) -> None:
        if self._left:
            came = self._length - self._left
            raise StorageError(f"{came:,} bytes came, but {self._length:,} were announced.")
        digest = (self._other or self._sha256).digest()
        if self._wanted is not None and self._wanted.digest != digest:
            raise ChecksumError(
                f"The bytes that came have the {self._wanted.algorithm} {digest.hex()[:12]}..., "
                f"but {self._wanted.digest.hex()[:12]}... was announced."
            )


def sha256_of(path: Path) -> str:
    """This will hash a file; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
