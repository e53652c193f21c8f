"""Clips that are lines of text, where a test asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.data.clips.doubles import SPLITS, clip, pretend, write

__all__ = ["pretend"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three clips of each of two classes in every split."""
    names = [f"{split}/{name}/{n}.mp4" for split in SPLITS for name in ("jump", "run") for n in range(3)]
    return write(tmp_path / "acts", {name: clip(number) for number, name in enumerate(names)})
