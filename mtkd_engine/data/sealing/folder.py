"""Folders that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtkd_engine.data.errors import DataError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """This will give a folder to fill that becomes `target` when all went well, and is gone otherwise."""
    if target.exists():
        raise DataError(f"--seal: {target} exists already; a folder that is not there yet is accepted.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of an attempt that was killed
    part.mkdir()
    try:
        yield part
        os.replace(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
