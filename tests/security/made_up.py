"""Bodies that schemathesis cannot write by itself: parts of uploads."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def part(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """This will make the bytes of a part."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
