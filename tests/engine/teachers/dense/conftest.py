from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.spec import SegmenterCard
from tests.engine.nets.dense.networks import built

READS = {"kind": "picture", "height": 16, "width": 16}
PYRAMID = {"family": "pyramid", "width": 4}


@pytest.fixture(scope="session")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few pictures of 16 pixels with masks of three classes."""
    folder = tmp_path_factory.mktemp("worlds") / "shapes"
    make_masks(folder, pictures=PicturesPerSplit(6, 3, 3), size=16, classes=3)
    return folder


@pytest.fixture(scope="session")
def names(masks: Path) -> tuple[str, ...]:
    """The classes of these masks."""
    from mtkd_engine.data.masks.load import load_masks

    return load_masks(masks).classes


Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path, names: tuple[str, ...]) -> Saved:
    """Writes the model file of a card, by default of a small network that knows the classes of the masks."""

    def save(name: str = "model", *, card: AnyDenseCard | None = None, seed: int = 0, **said: Any) -> Path:
        own = card or SegmenterCard.model_validate({"net": PYRAMID, "classes": names, "input": READS, **said})
        file = tmp_path / f"{name}.safetensors"
        save_model(file, parameters=built(own, seed=seed).state_dict(), card=own)
        return file

    return save
