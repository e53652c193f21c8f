"""Published CIFAR-10 networks go through, and are right as often as plain torch and Pillow are with them.

What is expected was measured by hand-written forward passes on the first thousand test images; `make bench
NAME=classify` measures all of them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mtkd_engine.teachers.check import check_teacher
from tests.real_data import FOLDER

TEACHERS, DATA = FOLDER / "checkpoints" / "cifar10_resnet", FOLDER / "cifar10"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TEACHERS.is_dir(), reason=f"no published checkpoints in {TEACHERS}"),
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("some")
    for split, count in (("train", 300), ("test", 1000)):
        pq.write_table(pq.read_table(DATA / f"{split}.parquet").slice(0, count), folder / f"{split}.parquet")
    shutil.copy(DATA / "classes.json", folder)
    return folder


@pytest.mark.parametrize(
    ("file", "depth", "right"),
    [
        ("resnet20-12fca82f.th", 20, 814),
        ("resnet32-d509ac18.th", 32, 819),
        ("resnet56-4bfd9763.th", 56, 819),
    ],
)
def test_it_is_right_as_often_as_in_plain_torch(
    tmp_path: Path, images: Path, file: str, depth: int, right: int
) -> None:
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"classes": "dataset", "input": "cifar_imagenet"}))
    report = check_teacher(TEACHERS / file, card=card, dataset=images, split="test")
    assert report["card"]["net"] == {"family": "cifar_resnet", "depth": depth, "factor": 1, "shortcut": "pad"}
    assert report["conversion"]["prefix"] == "module."
    assert report["quality"]["metrics"]["top1"] == pytest.approx(right / 1000, abs=0.0015)
