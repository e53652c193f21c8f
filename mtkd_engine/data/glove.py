"""Word vectors in the text form of GloVe and word2vec: one word a line, then its numbers."""

import gzip
import math
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown

MOST_LINES = 10_000_000
MOST_BYTES = 2**35
_LONGEST_LINE = 2**16
_NUMERIC = b"0123456789+-.eE "
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, zipfile.BadZipFile)


def read_glove(path: Path, *, words: Collection[str]) -> tuple[list[str], NDArray[np.float32]]:
    """This will give those of `words` (lower case) that the file knows, in alphabetical order, and their vectors.

    `path` is a text file, or a .gz or .zip of one; the first line may state "WORDS WIDTH", as word2vec does.
    A word in lower case goes before its other spellings, an earlier line before a later one. Raises
    DataError with the line that is wrong.
    """
    reader = _Reader(path, set(words))
    for number, line in _lines(path):
        reader.take(number, line)
    kept = reader.held[False] | reader.held[True]
    order = sorted(kept)
    vectors = np.array([kept[word] for word in order], dtype=np.float32).reshape(len(order), reader.width)
    return order, vectors


class _Reader:
    """Takes line after line and holds the vectors of wanted words, other spellings apart (`held[False]`)."""

    def __init__(self, path: Path, words: set[str]) -> None:
        self._path = path
        self._words = words
        self.width = 0
        self.held: dict[bool, dict[str, list[float]]] = {False: {}, True: {}}

    def take(self, number: int, line: bytes) -> None:
        if number == 1 and (stated := _header(line)):
            self.width = stated
            return
        self.width = self.width or self._width_of(number, line)
        word, numbers = self._split(number, line)
        lower = word.lower()
        if lower not in self._words or lower in self.held[lower == word]:
            return
        self.held[lower == word][lower] = self._vector(number, numbers)

    def _width_of(self, number: int, line: bytes) -> int:
        parts = line.split(b" ")
        width = 0
        for part in reversed(parts[1:]):
            if _number(part) is None:
                break
            width += 1
        if not width:
            raise self._refusal(number, f"is {shown(line[:40])}; a word and its numbers are accepted")
        return width

    def _split(self, number: int, line: bytes) -> tuple[str, bytes]:
        spaces = line.count(b" ")
        if spaces < self.width:
            raise self._refusal(
                number,
                f"holds {spaces} numbers where others hold {self.width}; one width for all is accepted",
            )
        # Some files hold words with spaces, so the numbers are counted from the right.
        first, numbers = line.split(b" ", 1) if spaces == self.width else _from_right(line, self.width)
        if b" " in first and _number(first.rsplit(b" ", 1)[1]) is not None:
            raise self._refusal(
                number,
                f"holds more than the {self.width} numbers that others hold; one width for all is accepted",
            )
        if strange := numbers.translate(None, _NUMERIC):
            raise self._refusal(
                number, f"holds {shown(strange[:20])} in its numbers; finite numbers are accepted"
            )
        try:
            return first.decode("utf-8"), numbers
        except UnicodeDecodeError:
            raise self._refusal(number, "holds a word that is not UTF-8; text in UTF-8 is accepted") from None

    def _vector(self, number: int, numbers: bytes) -> list[float]:
        vector: list[float] = []
        for part in numbers.split(b" "):
            value = _number(part)
            if value is None or not abs(value) <= float(np.finfo(np.float32).max):
                raise self._refusal(number, f"holds {shown(part)} as a number; finite numbers are accepted")
            vector.append(value)
        return vector

    def _refusal(self, number: int, what: str) -> DataError:
        return DataError(f"{self._path.name}: line {number} {what}.")


def _header(line: bytes) -> int | None:
    parts = line.split(b" ")
    if len(parts) == 2 and all(part.isdigit() for part in parts) and int(parts[1]) > 1:
        return int(parts[1])
    return None


def _from_right(line: bytes, width: int) -> tuple[bytes, bytes]:
    first, *numbers = line.rsplit(b" ", width)
    return first, b" ".join(numbers)


def _number(part: bytes) -> float | None:
    if b"_" in part:  # Python takes 1_000 for a number
        return None
    try:
        value = float(part)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    total = 0
    number = 0
    with _opened(path) as stream:
        while line := _next(path, stream):
            number += 1
            total += len(line)
            if len(line) > _LONGEST_LINE:
                raise DataError(
                    f"{path.name}: line {number} is longer than {_LONGEST_LINE} bytes; a word and its numbers are "
                    "accepted."
                )
            if number > MOST_LINES or total > MOST_BYTES:
                raise DataError(
                    f"{path.name} goes on after line {number - 1}; up to {MOST_LINES} lines and {MOST_BYTES} bytes are "
                    "accepted."
                )
            if line := line.rstrip(b" \r\n"):
                yield number, line
    if not number:
        raise DataError(f"{path.name} is empty; one word a line with its numbers is accepted.")


def _next(path: Path, stream: IO[bytes]) -> bytes:
    try:
        return stream.readline(_LONGEST_LINE + 1)
    except _BROKEN as error:
        raise _unreadable(path, error) from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with _archive(path) as archive, _member(path, archive) as stream:
            yield stream
        return
    with _file(path, packed=suffix == ".gz") as stream:
        yield stream


def _file(path: Path, *, packed: bool) -> IO[bytes]:
    try:
        return cast(IO[bytes], gzip.GzipFile(path)) if packed else path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from None


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _BROKEN as error:
        raise _unreadable(path, error) from None


def _member(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    members = [
        member
        for member in archive.infolist()
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        names = ", ".join(shown(member.filename) for member in members[:5])
        raise DataError(
            f"{path.name} holds {len(members)} files ({names}); an archive of exactly one is accepted: "
            "please take the one that is meant out of it."
        )
    try:
        return archive.open(members[0])
    except _BROKEN as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    cause = getattr(error, "strerror", None) or error
    return DataError(f"{path.name} cannot be read ({cause}); the file may be cut short.")
