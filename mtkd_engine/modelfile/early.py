"""What a file is refused for before torch is loaded, which takes longer than all of this."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.modelfile.header import read_header
from mtkd_engine.modelfile.kinds import foreign_kind, recognise


def refuse_early(path: Path) -> None:
    """This will raise ModelError for what is no teacher's file by its first bytes, or whose header is not whole.

    Folders and what is converted or run elsewhere are for others to judge.
    """
    if not path.is_dir() and foreign_kind(path) is None and recognise(path) == "safetensors":
        read_header(path)
