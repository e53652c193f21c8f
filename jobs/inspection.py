"""The engine looks at what a user hands in, in a process of its own: this one never reads the files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from jobs import storable

REFUSED = 2
_LONGEST_SENTENCE = 1000


class InspectionError(ValueError):
    """The engine refuses it, or could not look at it; one sentence."""


def inspect(kind: Literal["dataset", "teacher"], path: Path) -> dict[str, Any]:
    """This will give the engine's report on a dataset folder or teacher file; raises InspectionError."""
    try:
        done = subprocess.run(
            [*settings.ENGINE_COMMAND, "check", kind, str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=settings.BASE_DIR,
            timeout=settings.CHECK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InspectionError(
            f"The check of {path.name} took more than {settings.CHECK_SECONDS:g} s and was given up."
        ) from None
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    if done.returncode == REFUSED and said:
        raise InspectionError(storable.text(said[-1])[:_LONGEST_SENTENCE])
    try:
        report = json.loads(done.stdout) if done.returncode == 0 else None
    except ValueError:
        report = None
    if not isinstance(report, dict):
        last = said[-1] if said else "it said nothing"
        raise InspectionError(f"The check of {path.name} ended with exit code {done.returncode}: {last}")
    return dict(storable.data(report))
