"""Text and data from outside, as the database can hold them."""

from __future__ import annotations

import math
from typing import Any


def text(given: str) -> str:
    """This will drop what PostgreSQL has no place for: NUL, and halves of surrogate pairs."""
    return given.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def line(error: Exception) -> str:
    """This will give the words of an error on one line of a log, without advice to other people."""
    return " ".join(str(error).split("Is the server running")[0].split())


def data(given: Any) -> Any:
    """This will make JSON data storable; numbers that are not finite become their names."""
    if isinstance(given, str):
        return text(given)
    if isinstance(given, float) and not math.isfinite(given):
        return str(given)
    if isinstance(given, dict):
        return {data(key): data(item) for key, item in given.items()}
    if isinstance(given, list):
        return [data(item) for item in given]
    return given
