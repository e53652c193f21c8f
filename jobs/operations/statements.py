"""What a person says of a classifier without a card, checked before anybody works on it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from mtkd_engine.spec import TeacherStatement
from mtkd_engine.spec.base import explain

TASK = "classification"


def check_statement(card: dict[str, Any]) -> dict[str, str]:
    """This will give a sentence for each field of a TeacherStatement that does not fit, {} where all do."""
    try:
        TeacherStatement.model_validate(card)
    except ValidationError as error:
        found = explain(error, subject=TASK).fields
        return {f"card.{name}" if name else "card": sentence for name, sentence in found.items()}
    return {}
