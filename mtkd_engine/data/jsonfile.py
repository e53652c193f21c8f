"""JSON files from outside, read strictly: whole when small, entry by entry when large."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown

LARGEST_SMALL = 64 * 2**20
_CHUNK = 2**20
_BLANK = " \t\n\r"


def read_json_object(path: Path, *, most_bytes: int = LARGEST_SMALL) -> dict[str, object]:
    """Read a JSON object, refusing repeated keys and anything but an object at the top (DataError)."""
    try:
        refuse_large(path, most_bytes=most_bytes)
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repeats)
    except _RepeatedKeyError as error:
        raise _repeated(path, str(error)) from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise _invalid(path, " ".join(str(error).split())) from None
    if not isinstance(content, dict):
        raise _no_object(path, content)
    return content


def refuse_large(path: Path, *, most_bytes: int) -> None:
    """Refuse a file of more than `most_bytes` before it is read."""
    size = path.stat().st_size
    if size > most_bytes:
        raise DataError(f"{path.name} has {size:,} bytes; a JSON file of up to {most_bytes:,} is accepted.")


def iterate_json_object(
    path: Path, *, most_bytes: int, most_entry: int = 8 * 2**20
) -> Iterator[tuple[str, object]]:
    """Give the entries of the JSON object in a file one by one, as strictly as `read_json_object`.

    Memory grows with the largest entry, not with the file; an entry may take `most_entry` characters.
    """
    try:
        refuse_large(path, most_bytes=most_bytes)
        yield from _Entries(path, most_entry=most_entry).read()
    except _RepeatedKeyError as error:
        raise _repeated(path, str(error)) from None
    except UnicodeDecodeError as error:
        raise _invalid(path, f"{error.reason} at byte {error.start:,}: it is not UTF-8") from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    except RecursionError as error:
        raise _invalid(path, " ".join(str(error).split())) from None


class _Entries:
    """A window of text that slides over the file."""

    def __init__(self, path: Path, *, most_entry: int) -> None:
        self._path = path
        self._most = most_entry
        self._text = ""
        self._at = 0
        self._passed = 0  # characters that have left the window
        self._is_whole = False
        self._decoder = json.JSONDecoder(object_pairs_hook=_without_repeats)

    def read(self) -> Iterator[tuple[str, object]]:
        with self._path.open("rb") as stream:
            self._chunks = _decoded(iter(lambda: stream.read(_CHUNK), b""))
            if self._mark() != "{":
                raise _no_object(self._path, self._value())
            self._at += 1
            seen: set[str] = set()
            if self._mark() != "}":
                yield from self._pairs(seen)
            self._at += 1
            if self._mark():
                raise self._broken("something follows the object")

    def _pairs(self, seen: set[str]) -> Iterator[tuple[str, object]]:
        while True:
            if self._mark() != '"':
                raise self._broken("a key in quotes is expected")
            key = self._value()
            assert isinstance(key, str)
            if key in seen:
                raise _RepeatedKeyError(shown(key))
            seen.add(key)
            self._expect(":", "a colon is expected after a key")
            self._mark()
            yield key, self._value()
            if self._mark() == "}":
                return
            self._expect(",", "a comma is expected between entries")

    def _mark(self) -> str:
        """Skip blanks and give the next character without taking it; nothing at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _expect(self, mark: str, otherwise: str) -> None:
        if self._mark() != mark:
            raise self._broken(otherwise)
        self._at += 1

    def _value(self) -> object:
        wanted = 2 * _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except _RepeatedKeyError:
                raise
            except ValueError as error:
                fault, end = error, -1
            if end >= 0 and (end < len(self._text) or not self._more()):
                self._at = end
                return value
            if end < 0 and not self._grow(wanted):
                at = getattr(fault, "pos", self._at)
                raise self._broken(getattr(fault, "msg", str(fault)), at=at)
            wanted *= 2

    def _grow(self, wanted: int) -> bool:
        """Have more text for one value, twice as much each time, or say that there is none."""
        before = len(self._text) - self._at
        if before > self._most:
            raise DataError(
                f"{self._path.name} has an entry of more than {self._most:,} characters "
                f"at character {self._passed + self._at:,}; smaller ones are accepted."
            )
        while len(self._text) - self._at < wanted and self._more():
            pass
        return len(self._text) - self._at > before

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._passed += self._at
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True

    def _broken(self, detail: str, *, at: int | None = None) -> DataError:
        place = self._passed + (self._at if at is None else at)
        return _invalid(self._path, f"{detail} at character {place:,}")


def _decoded(chunks: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    passed = 0
    for chunk in chain(chunks, [b""]):
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            start = passed - pending + error.start
            raise UnicodeDecodeError("utf-8", b"", start, start + 1, error.reason) from None
        passed += len(chunk)
        if text:
            yield text


class _RepeatedKeyError(Exception):
    pass


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RepeatedKeyError(shown(key))
            seen.add(key)
    return content


def _repeated(path: Path, key: str) -> DataError:
    return DataError(f"{path.name}: the key {key} appears twice; each key may appear once.")


def _invalid(path: Path, detail: str) -> DataError:
    return DataError(f"{path.name} is not valid JSON ({detail}).")


def _no_object(path: Path, content: object) -> DataError:
    return DataError(f"{path.name} holds {shown(content)} at the top; a JSON object is accepted.")
