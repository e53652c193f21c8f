"""What the report of a classifier says besides its quality: what is missing, what was converted, what to heed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.rows import Problem
from mtkd_engine.modelfile.header import read_header
from mtkd_engine.modelfile.infer import Proposed
from mtkd_engine.spec import DenseStatement, TeacherStatement
from mtkd_engine.teachers.intake.conversion import Conversion
from mtkd_engine.teachers.intake.fitting import Fitted
from mtkd_engine.teachers.intake.measuring import Measured

_SHOWN_TENSORS = 200
_WHAT_HOLDS = {"network": "the network", "files": "other files", "processes": "other processes"}


def asked_report(
    file: Path,
    *,
    said: TeacherStatement | DenseStatement | None,
    proposed: Proposed | None,
    needs: Sequence[str],
    tensors: Path | None = None,
    task: str = "classification",
) -> dict[str, Any]:
    """This will say what only a person knows: `needs` names dataset, card and net, beside what the file suggests."""
    found = {} if tensors is None else read_header(tensors).tensors
    shown = [[name, list(shape), dtype] for name, (shape, dtype) in list(found.items())[:_SHOWN_TENSORS]]
    suggested = None
    if proposed is not None:
        net = proposed.net.model_dump(mode="json")
        suggested = {"net": net, "classes": proposed.classes, "channels": proposed.channels}
    return {
        "kind": "model",
        "task": task,
        "sealed": False,
        "asks": {
            "needs": list(needs),
            "proposed": suggested,
            "said": None if said is None else said.model_dump(mode="json"),
        },
        "tensors": {"count": len(found), "first": shown},
        "bytes": file.stat().st_size,
        "problems": [],
    }


def told_conversion(conversion: Conversion | None, fitted: Fitted | None) -> dict[str, Any]:
    """This will say what became of the names and types of a file's tensors, under `conversion`; {} for nothing."""
    if conversion is None and fitted is None:
        return {}
    told: dict[str, Any] = {} if conversion is None else asdict(conversion)
    if fitted is not None:
        told["renamed"] = _joined(told.get("renamed", ()), fitted.renamed)
        told["added"], told["unexpected"] = list(fitted.added), list(fitted.unexpected)
        told["converted"] = [*told.get("converted", ()), *fitted.converted]
    return {"conversion": told}


def _joined(first: Sequence[tuple[str, str]], then: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Two renamings one after the other, from the very first name to the last."""
    after = dict(then)
    middle = {here for _, here in first}
    joined = [[given, after.get(here, here)] for given, here in first]
    return joined + [[given, here] for given, here in then if given not in middle]


def told_problems(measured: Measured, fitted: Fitted | None) -> list[Problem]:
    """This will say what a person should heed before such a teacher teaches."""
    problems = []
    quality = measured.quality
    own, blind = quality["metrics"]["top1"], quality["blind"]["top1"]
    if own <= blind:
        problems.append(
            _problem(
                "below_blind",
                "warning",
                f"It is no better than always naming the most frequent class: {100 * own:.1f} % right on "
                f"{quality['split']}, blind {100 * blind:.1f} %. Are the classes in the order of its outputs, and "
                "is the input what it was trained with?",
            )
        )
    return problems + left_out(fitted)


def left_out(fitted: Fitted | None) -> list[Problem]:
    """This will name the tensors that an architecture has no place for."""
    problems = []
    if fitted is not None and fitted.unexpected:
        names = ", ".join(fitted.unexpected[:3]) + (" and more" if len(fitted.unexpected) > 3 else "")
        message = f"{len(fitted.unexpected):,} tensor(s) have no place in its architecture and are left out: {names}."
        problems.append(_problem("unexpected_tensors", "warning", message))
    return problems


def unheld(held: dict[str, list[str]]) -> Problem | None:
    """This will say from what the converter was not kept on the machine it ran on; None where from all."""
    missing = [words for what, words in _WHAT_HOLDS.items() if not held.get(what)]
    if not missing:
        return None
    message = (
        f"The kernel of the machine that converted it could not keep that process from {', '.join(missing)}."
    )
    return _problem("not_confined", "note", message)


def _problem(code: str, severity: Any, message: str) -> Problem:
    return Problem(code, severity, message, 1, (), None)
