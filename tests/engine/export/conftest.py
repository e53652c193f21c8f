"""What several tests of exported files would otherwise do again and again."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def translations() -> Iterator[None]:
    """This will have torch gather its table of translations once, and not for every file; nothing changes it."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    once = functools.cache(ONNXRegistry.from_torchlib)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(ONNXRegistry, "from_torchlib", staticmethod(once))
        yield
