"""Many checkpoints in one confined process: what is refused there needs no process each."""

from __future__ import annotations

from typing import Any

from mtkd_engine.teachers.intake.inside.convert import convert
from mtkd_engine.teachers.intake.inside.program import look


def each(arguments: dict[str, Any]) -> dict[str, str]:
    """This will say of each path of `paths` why it was refused, "" for one that was converted."""
    answers = {}
    for label, path in arguments["paths"].items():
        task = look if path.endswith(".onnx") else convert
        answers[label] = task({"path": path, "most_bytes": 10**6}).get("refused", "")
    return answers
