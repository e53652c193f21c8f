"""What is already in a half-made container of features, so that work goes on after a stop."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

CONTAINER = "features.npz"
INDEX = "features.index.jsonl"


@dataclass(frozen=True, slots=True)
class Member:
    """One array in the container: where it lies and what the list at its end has to say of it."""

    video: str
    sha256: str
    offset: int
    crc: int
    size: int
    end: int


@dataclass
class Index:
    """A container, and beside it one JSON line for each member that is safely on the disk."""

    work: Path
    members: list[Member] = field(default_factory=list)
    complete: bool = False

    @classmethod
    def resume(cls, work: Path, *, of: str) -> "Index":
        """This will go on with what `work` holds of the source `of`, or start afresh."""
        index = cls(work)
        if index._read(of):
            return index
        # Removed, never emptied: a finished container may be linked into a sealed dataset.
        index.container.unlink(missing_ok=True)
        index._lines.unlink(missing_ok=True)
        index = cls(work)
        index._append([json.dumps({"of": of})])
        return index

    @property
    def container(self) -> Path:
        """The .npz, complete or not."""
        return self.work / CONTAINER

    def opened(self) -> io.BufferedRandom:
        """This will open the container behind its last finished member."""
        end = self.members[-1].end if self.members else 0
        self.container.touch()
        file = self.container.open("r+b")
        file.truncate(end)
        file.seek(end)
        return file

    def add(self, members: Sequence[Member]) -> None:
        """This will note members whose bytes are on the disk."""
        self._append([json.dumps(asdict(member)) for member in members])
        self.members.extend(members)

    def finish(self) -> None:
        """This will note that the container is complete."""
        self._append([json.dumps({"bytes": self.container.stat().st_size})])
        self.complete = True

    @property
    def _lines(self) -> Path:
        return self.work / INDEX

    def _append(self, lines: Sequence[str]) -> None:
        with self._lines.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in lines)

    def _read(self, of: str) -> bool:
        try:
            text = self._lines.read_text(encoding="utf-8")
            size = self.container.stat().st_size
            whole = text[: text.rfind("\n") + 1]
            first, *others = (json.loads(line) for line in whole.splitlines())
            for line in others:
                if "bytes" in line:
                    self.complete = line["bytes"] == size
                else:
                    self.members.append(Member(**line))
        except (OSError, ValueError, TypeError):
            return False
        if len(text) > len(whole):  # a line cut by a crash must not grow together with the next one
            self._lines.write_text(whole, encoding="utf-8")
        return first == {"of": of} and (not self.members or self.members[-1].end <= size)
