"""Videos without streams, where a test asks for them."""

from __future__ import annotations

import pytest

from mtkd_engine.tasks.saliency.splits import videos
from tests.engine.tasks.saliency.made import pretended_frames


@pytest.fixture
def without_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames tell the place of their video and their number."""
    monkeypatch.setattr(videos, "decoded", pretended_frames)
