"""Classifiers of clips taken away: the ONNX file says the same, and a reader without torch finds the same class."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtkd_engine.export import export_student
from mtkd_engine.export.batches import made_samples
from mtkd_engine.export.onnxfile import TOLERANCE, write_onnx
from mtkd_engine.nets.classification.clips.given import Padded
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import ClassifierCard
from tests.engine.export.networks import needs_onnx

BACKBONE = {"family": "cifar_resnet", "depth": 8}
VIDEOMAE = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "patch_size": 8,
}
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "frames": (
        {"family": "frames", "backbone": BACKBONE, "temporal": "shift"},
        {"kind": "clip", "frames": 3, "size": 16},
    ),
    "conv3d": ({"family": "conv3d", "width": 4, "stages": 2}, {"kind": "clip", "frames": 4, "size": 16}),
    "videomae": (
        {"family": "video_transformers", "model_type": "videomae", "config": VIDEOMAE},
        {"kind": "clip", "frames": 2, "size": 16},
    ),
    "streams": (
        {"family": "streams", "iframe": BACKBONE, "motion": BACKBONE, "residual": None},
        {"kind": "streams", "segments": 2, "size": 16},
    ),
    "sequence": (
        {"family": "sequence", "stages": 2, "width": 8},
        {"kind": "features", "width": 5, "frames": 6},
    ),
}
END = "---\n"
RUN_FOR_EACH = """
import runpy, sys
program, student, *several = sys.argv[1:]
for given in several:
    sys.argv = [program, student, given]
    runpy.run_path(program, run_name="__main__")
    print("---")
"""
"""The program as it would run from the shell for each, without loading its libraries again."""


def card_of(name: str) -> ClassifierCard:
    net, reads = NETWORKS[name]
    stated = {"net": net, "classes": ["fall", "jump", "walk"], "input": reads, "temperature": 1.5}
    return ClassifierCard.model_validate(stated)


def model_of(card: ClassifierCard) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_for(card).eval().requires_grad_(False)


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations")
@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "sequence"])
def test_the_onnx_file_says_what_the_network_says(name: str, tmp_path: Path) -> None:
    card = card_of(name)
    parity = write_onnx(model_of(card), card, path=tmp_path / "s.onnx", batches=list(made_samples(card)))
    assert parity.difference <= TOLERANCE
    assert parity.samples == 33


def read_by(folder: Path, several: list[Path]) -> list[list[str]]:
    """What the program in the model card says of each, run without any part of mtkd."""
    text = (folder / "MODEL_CARD.md").read_text()
    program = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[-1]
    (folder / "read.py").write_text(program)
    command = [
        sys.executable,
        "-I",
        "-c",
        RUN_FOR_EACH,
        folder / "read.py",
        folder / "student.onnx",
        *several,
    ]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder, check=True)
    return [[line.split()[1] for line in said.splitlines()] for said in run.stdout.split(END)[:-1]]


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations")
def test_features_are_read_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTKD_ONNX", "1")
    card = card_of("sequence")
    model = model_of(card)
    export_student(model, card, folder=tmp_path, samples_batch=made_samples(card), result={})
    compared = re.search(
        r"on (\d+) samples: no output differs by more than (\S+)\. ", (tmp_path / "MODEL_CARD.md").read_text()
    )
    assert compared is not None
    assert int(compared[1]) == 33
    assert float(compared[2]) <= TOLERANCE
    generator = np.random.default_rng(3)
    clips, expected = [], []
    for count in (2, 6, 13):
        features_TD = generator.normal(size=(count, 5)).astype(np.float32)
        clips.append(tmp_path / f"clip-{count}.npy")
        np.save(clips[-1], features_TD)
        seen = features_TD if count <= 6 else features_TD[[0, 2, 4, 7, 9, 11]]
        mask = torch.ones(1, len(seen), dtype=torch.bool)
        scores = model(Padded(torch.from_numpy(seen)[None], mask))[0]
        expected.append([card.classes[place] for place in scores.argsort(descending=True)])
    assert read_by(tmp_path, clips) == expected


def test_a_network_of_streams_says_how_it_is_fed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTKD_ONNX", "0")
    card = card_of("streams")
    export_student(model_of(card), card, folder=tmp_path, samples_batch=made_samples(card), result={})
    text = (tmp_path / "MODEL_CARD.md").read_text()
    assert "compressed-video classification" in text
    assert "2 places of a clip" in text
    assert json.loads((tmp_path / "student.json").read_text())["input"]["kind"] == "streams"
