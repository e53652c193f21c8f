"""What one sample is called where a person reads of it."""

from __future__ import annotations

IMAGE, CLIP = "image", "clip"


def one(noun: str) -> str:
    """This will put the article before a noun."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
