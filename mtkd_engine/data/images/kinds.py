"""Which files count as images, told by their first bytes alone; needs no library that decodes them."""

from __future__ import annotations

MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
}
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
_STARTS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp"}


def kind_of(content: bytes) -> str | None:
    """This will tell the kind of an image file, None for none that is known here."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), None)
