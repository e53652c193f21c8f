"""What readers make of labelled images, before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtkd_engine.data.labelled.rows import Handed

if TYPE_CHECKING:
    from mtkd_engine.data.images.store import ImageStore


@dataclass(frozen=True, kw_only=True)
class HandedImages(Handed):
    """Rows of images, and the store that has the bytes."""

    store: ImageStore
