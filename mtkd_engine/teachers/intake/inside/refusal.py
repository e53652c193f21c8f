"""How the confined process says no."""

from __future__ import annotations

_LONGEST = 120
WAY_OUT = "save what model.state_dict() gives, alone, and hand in that file"


class RefusedError(Exception):
    """The checkpoint cannot be converted; the text ends the sentence that begins with the file's name."""


def shown(given: object) -> str:
    """This will quote what stands in the file, on one line and not too long."""
    text = repr(given) if isinstance(given, str) else repr(str(type(given).__name__))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
