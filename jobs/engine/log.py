"""The log of an engine process: what it printed, kept in the folder of its attempt."""

from __future__ import annotations

from pathlib import Path

NAME = "engine.log"
_READ = 8192
_SHOWN = 1500


def last_lines(folder: Path, count: int = 5) -> str:
    """This will give the end of an attempt's engine log, or nothing when there is none on this host."""
    try:
        with (folder / NAME).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _READ))
            text = file.read().decode(errors="replace").replace("\x00", "")
    except OSError:
        return ""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-count:])[-_SHOWN:]
