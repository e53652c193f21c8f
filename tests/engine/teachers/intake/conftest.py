from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import CifarResNet, ClassifierCard, ImageInput

CLASSES = ("dark", "light", "red")
CARD = ClassifierCard(net=CifarResNet(depth=8), classes=CLASSES, input=ImageInput(size=8))


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of a few images of 8 pixels, three classes."""
    root, rng = tmp_path_factory.mktemp("images") / "colours", np.random.default_rng(0)
    levels = {"dark": (30, 30, 30), "light": (220, 220, 220), "red": (220, 30, 30)}
    for split, count in (("train", 6), ("val", 4), ("test", 4)):
        for name, level in levels.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                noise = rng.integers(-25, 25, (8, 8, 3))
                pixels = np.clip(np.array(level) + noise, 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{split}{number}.png")
    return root


@pytest.fixture
def parameters() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return build_for(CARD).state_dict()
