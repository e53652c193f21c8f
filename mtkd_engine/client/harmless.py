"""What others wrote, as a terminal may show it."""

from __future__ import annotations

import re

_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing around."""


def harmless(text: str) -> str:
    """This will give text without what a terminal would take for an order."""
    return _ORDERS.sub("\ufffd", text)
