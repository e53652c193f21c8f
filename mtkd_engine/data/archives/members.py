"""Members of archives from outside: where each may go, and how many bytes all of them may take."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown

FREE_RATIO = 200  # annotations pack to a fiftieth at best
FREE_BYTES = 100 * 10**6
_LONGEST_NAME = 1024
_LONGEST_PART = 255
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder of an archive; `read` gives the bytes of a file, piece by piece, once."""

    name: str
    is_folder: bool
    size: int
    read: Callable[[], Iterator[bytes]]


def refusal(archive: Path, name: str, what: str) -> DataError:
    """This will build the sentence that names the archive and the member."""
    return DataError(f"{archive.name}: the member {shown(name)} {what}.")


class Plan:
    """Says where each member goes below a folder, or refuses it; counts files and bytes."""

    def __init__(self, archive: Path, *, most_bytes: int, most_files: int) -> None:
        self._archive = archive
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._most_by_ratio = max(FREE_BYTES, FREE_RATIO * archive.stat().st_size)
        self._taken: dict[str, tuple[str, bool]] = {}
        self._members = 0
        self.bytes = 0

    @property
    def most(self) -> int:
        """The bytes that all files together may take."""
        return min(self._most_bytes, self._most_by_ratio)

    def place(self, entry: Entry) -> tuple[str, ...] | None:
        """This will give the path of a member below the folder; None for what is passed over. Raises DataError."""
        self._members += 1
        if self._members > self._most_files:
            raise DataError(
                f"{self._archive.name} has more than {self._most_files} members, {shown(entry.name)} the first too "
                f"many; up to {self._most_files} are accepted."
            )
        parts = self._parts(entry)
        if not parts or parts[0] == "__MACOSX" or parts[-1] == ".DS_Store" or parts[-1].startswith("._"):
            return None
        for depth in range(1, len(parts)):
            self._take(entry, parts[:depth], is_folder=True)
        self._take(entry, parts, is_folder=entry.is_folder)
        if not entry.is_folder:
            self._count(entry)
        return parts

    def _refusal(self, entry: Entry, what: str) -> DataError:
        return refusal(self._archive, entry.name, what)

    def _parts(self, entry: Entry) -> tuple[str, ...]:
        name = entry.name
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
            raise self._refusal(entry, "has a name that is not readable text; names in UTF-8 are accepted")
        if "\\" in name:
            raise self._refusal(entry, "has a backslash in its name; folders are separated by '/'")
        if name.startswith("/") or re.match("[A-Za-z]:", name):
            raise self._refusal(entry, "has an absolute path; paths below the archive are accepted")
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if ".." in parts:
            raise self._refusal(
                entry, "leads out of the archive by '..'; paths below the archive are accepted"
            )
        longest = max((len(part.encode()) for part in parts), default=0)
        if longest > _LONGEST_PART or len(name.encode()) > _LONGEST_NAME:
            raise self._refusal(
                entry,
                f"has a name that is too long; {_LONGEST_PART} bytes for each part and {_LONGEST_NAME} in all are "
                "accepted",
            )
        if len(parts) > _DEEPEST:
            raise self._refusal(
                entry, f"lies {len(parts)} folders deep; up to {_DEEPEST} levels are accepted"
            )
        if not parts and not entry.is_folder:
            raise self._refusal(entry, "has no name; every file needs one")
        return parts

    def _take(self, entry: Entry, parts: tuple[str, ...], *, is_folder: bool) -> None:
        # Some file systems know no difference between these spellings, and one file would replace the other.
        spelled = "/".join(parts)
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", spelled).casefold())
        other = self._taken.get(key)
        if other is None:
            self._taken[key] = (spelled, is_folder)
        elif other[0] != spelled:
            raise self._refusal(
                entry,
                f"differs from {shown(other[0])} only in case or in how letters are composed; one of them is accepted",
            )
        elif other[1] != is_folder:
            raise self._refusal(entry, f"makes {shown(spelled)} a file and a folder; one of them is accepted")
        elif not is_folder:
            raise self._refusal(entry, "appears twice; each name may appear once")

    def _count(self, entry: Entry) -> None:
        self.bytes += entry.size
        if self.bytes > self._most_bytes:
            raise self._refusal(
                entry, f"brings the unpacked size beyond {self._most_bytes} bytes, which is what is accepted"
            )
        if self.bytes > self._most_by_ratio:
            raise self._refusal(
                entry,
                f"brings the unpacked size beyond {FREE_RATIO} times that of the archive; so much is accepted up "
                f"to {FREE_BYTES} bytes only",
            )
