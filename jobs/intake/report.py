"""What an engine left in the work folder of a registration: its report, how far it is, and what it sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jobs import storable
from jobs.models import Registration
from jobs.operations.intake_claims import Stand
from mtkd_engine.predictions.outcomes import FILE as OUTCOMES

_LARGEST_REPORT = 32_000_000
_MOST_FILES = 2000
_INNER = ("given", "work", "sealed", "tmp")


def read_report(folder: Path) -> dict[str, Any] | None:
    """This will read what the engine reported, as the database can hold it; None where it left nothing of use."""
    path = folder / "report.json"
    try:
        if path.stat().st_size > _LARGEST_REPORT:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return dict(storable.data(found)) if isinstance(found, dict) else None


def read_stand(folder: Path) -> Stand | None:
    """This will read how far the engine says it is; None when it said nothing."""
    try:
        said = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        return Stand(part=str(said["part"])[:40], done=int(said["done"]), of=int(said["of"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def sealed_files(folder: Path) -> dict[str, Path]:
    """This will list what the engine sealed by the names that the files keep, and a teacher's outcomes as OUTCOMES."""
    sealed, outcomes = folder / "sealed", folder / OUTCOMES
    found = (path for path in sealed.rglob("*") if path.is_file() and not path.is_symlink())
    files = {path.relative_to(sealed).as_posix(): path for path in sorted(found)}
    is_measured = outcomes.is_file() and not outcomes.is_symlink()
    return files | {OUTCOMES: outcomes} if is_measured else files


def plain(text: str, *, folder: Path) -> str:
    """This will leave out of a sentence where the work folder lies: a person knows their files by shorter names."""
    for place in {str(folder), str(folder.resolve())}:
        for inner in _INNER:
            text = text.replace(f"{place}/{inner}/", "").replace(f"{place}/{inner}", "what was handed in")
    return text


def without_places(given: Any, *, folder: Path) -> Any:
    """This will do the same for every text of a report."""
    if isinstance(given, str):
        return plain(given, folder=folder)
    if isinstance(given, dict):
        return {key: without_places(item, folder=folder) for key, item in given.items()}
    if isinstance(given, list):
        return [without_places(item, folder=folder) for item in given]
    return given


def disk_words(error: OSError) -> str:
    """This will say what a disk refused."""
    name = Path(str(error.filename)).name if error.filename else "A file"
    return f"{name} could not be read or written: {error.strerror or error}."


def origin_of(registration: Registration, report: dict[str, Any]) -> dict[str, Any]:
    """This will say where the bytes came from, for the card of what they became."""
    asked = registration.asked
    origin: dict[str, Any] = {"registration": registration.pk}
    if "job" in asked:
        return origin | {"how": "job", "job": asked["job"], "files": []}
    if "path" in asked:
        path = Path(asked["path"])
        files = report.get("files") or [{"name": path.name, "bytes": report.get("bytes", 0)}]
        return origin | {"how": "path", "path": asked["path"], "files": files[:_MOST_FILES]}
    files = [
        {"name": upload.name, "bytes": upload.size} | ({"sha256": upload.sha256} if upload.sha256 else {})
        for upload in registration.uploads.all()
    ]
    return origin | {"how": "upload", "files": files[:_MOST_FILES]}
