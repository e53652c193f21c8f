"""Small files of images in every state."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pixels(seed: int = 0, *, width: int = 12, height: int = 12) -> NDArray[np.uint8]:
    """This will give noise, (H, W, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """This will write an image as the bytes of a file."""
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def png(seed: int = 0, **sizes: int) -> bytes:
    """This will give a small noisy PNG, another one for each seed."""
    return file_of(Image.fromarray(pixels(seed, **sizes)))


def huge_png(width: int, height: int) -> bytes:
    """This will give a PNG of a few hundred bytes that claims its size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def write_folders(root: Path, images: dict[str, bytes]) -> Path:
    """This will write files below a folder by their paths."""
    for name, content in images.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return root
