"""A few videos of features, and the sentence of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.features import open_features

Arrays = dict[str, np.ndarray]
Refusal = Callable[..., str]


def load_all(path: Path) -> None:
    features = open_features(path)
    videos = features.keys()
    for video in videos:
        features.load(video)


@pytest.fixture
def arrays() -> Arrays:
    rng = np.random.default_rng(0)
    return {f"v{index}": rng.normal(size=(5 + index, 4)).astype(np.float32) for index in range(3)}


@pytest.fixture
def refusal() -> Refusal:
    def sentence(path: Path, *named: str) -> str:
        with pytest.raises(DataError) as caught:
            load_all(path)
        text = str(caught.value)
        assert "\n" not in text
        assert text.endswith(".")
        for word in named:
            assert word in text, f"{word!r} is not named in: {text}"
        return text

    return sentence
