"""Videos that are lines of text, where a test asks for them."""

from __future__ import annotations

import pytest

from mtkd_engine.data.gaze import sealing
from tests.engine.data.clips.conftest import pretend
from tests.engine.data.clips.doubles import pretended_preview

__all__ = ["pretend"]


@pytest.fixture
def pretended_videos(pretend: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Videos are lines of text, also where they are sealed."""
    monkeypatch.setattr(sealing, "plain_preview", pretended_preview)
