"""What a person says of a model without a card, checked before anybody works on it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from jobs.queries.kinds import CLASSIFICATION
from mtkd_engine.spec import DENSE_TASKS, DenseStatement, TeacherStatement, is_dense_statement
from mtkd_engine.spec.base import explain

TASKS = (CLASSIFICATION, *DENSE_TASKS)
"""Whose models may come without a card."""


def check_statement(card: dict[str, Any]) -> dict[str, str]:
    """This will give a sentence for each field of a statement that does not fit, {} where all do."""
    try:
        _read(card)
    except ValidationError as error:
        found = explain(error, subject=task_of(card)).fields
        return {f"card.{name}" if name else "card": sentence for name, sentence in found.items()}
    return {}


def task_of(card: dict[str, Any]) -> str:
    """This will say which task a statement is about."""
    if not is_dense_statement(card):
        return CLASSIFICATION
    return str(card["task"]) if card.get("task") in DENSE_TASKS else DENSE_TASKS[0]


def stated(card: dict[str, Any]) -> dict[str, Any]:
    """This will give a statement with all that it leaves out; it must fit."""
    return _read(card).model_dump(mode="json")


def _read(card: dict[str, Any]) -> TeacherStatement | DenseStatement:
    return (DenseStatement if is_dense_statement(card) else TeacherStatement).model_validate(card)
