"""The storage of a single host: a folder in which a file is whole or not there at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

STAGING = ".staging"
_READ_ONLY = 0o444  # work folders hold hard links to these files


class WholeFiles(FileSystemStorage):
    """Django's storage in the folder that the setting STORAGE names; what is saved replaces what was there.

    Files are written beside their place, forced to the disk and then moved; they can only be read.
    """

    def __init__(self) -> None:
        super().__init__(allow_overwrite=True)

    @property
    def base_location(self) -> str:
        return str(settings.STORAGE)

    @property
    def location(self) -> str:
        return os.path.abspath(settings.STORAGE)

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        draft = Path(self.location, STAGING, f"{os.getpid()}-{secrets.token_hex(8)}")
        for folder in (target.parent, draft.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as writer:
                for chunk in content.chunks(1 << 20):
                    writer.write(chunk)
                _seal(writer)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        _force_folder(target.parent)
        return name


def _seal(writer: IO[bytes]) -> None:
    os.fchmod(writer.fileno(), _READ_ONLY)
    writer.flush()
    os.fsync(writer.fileno())


def _force_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
