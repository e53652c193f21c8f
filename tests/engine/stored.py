"""Files of pictures that lie in memory."""

from __future__ import annotations

from collections.abc import Sequence

from mtkd_engine.data.images.store import ImageStore


class Stored(ImageStore):
    """A store of files as they are given."""

    def __init__(self, files: Sequence[bytes]) -> None:
        super().__init__()
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def encoded(self, place: int) -> bytes:
        return self._files[place]
