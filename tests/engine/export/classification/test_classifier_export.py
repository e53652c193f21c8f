"""An image classifier taken away: its files, and that the ONNX one says the same to a reader without torch."""

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
from PIL import Image

from mtkd_engine.__main__ import main
from mtkd_engine.export import export_student
from mtkd_engine.export.classification.form import classifier_form
from mtkd_engine.export.onnxfile import FEEDING_KEY, TOLERANCE, write_onnx
from mtkd_engine.modelfile import HEADER_KEY, load_classifier, save_model
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import BranchesNet, CifarResNet, ClassifierCard, ImageInput, TransformersNet
from mtkd_engine.tasks.classification.inputs import to_input
from tests.engine.export.networks import needs_onnx

SIZE = 16
TINY = {"embedding_size": 4, "hidden_sizes": [4, 8], "depths": [1, 1], "layer_type": "basic"}
ASK = """
for picture in sys.argv[2:]:
    print(json.dumps(Student(sys.argv[1]).ask(Image.open(picture))))
assert "torch" not in sys.modules and not any(name.startswith("mtkd") for name in sys.modules)
"""


def _card(**changes: Any) -> ClassifierCard:
    stated = {
        "net": CifarResNet(depth=8),
        "classes": ("cat", "dog", "eel"),
        "input": ImageInput(size=SIZE),
        "temperature": 1.5,
        **changes,
    }
    return ClassifierCard.model_validate(stated)


def _model(card: ClassifierCard) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_for(card).eval().requires_grad_(False)


def test_without_onnx_the_rest_is_there_and_the_card_tells_what_the_network_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTKD_ONNX", "0")
    card = _card()
    batch = torch.zeros(2, 3, SIZE, SIZE)
    result = {"metrics": {"top1": 0.75}, "baselines": {"blind": {"top1": 0.4}}, "spec": {"name": "pets"}}
    paths = export_student(_model(card), card, folder=tmp_path, samples_batch=batch, result=result)
    assert [path.name for path in paths] == ["student.safetensors", "student.json", "MODEL_CARD.md"]
    assert load_classifier(paths[0])[1] == card
    text = paths[2].read_text()
    for said in (
        "# pets",
        "tells which of 3 classes an image is of: cat, dog, eel.",
        "`student.json` is that card, with the names of the classes.",
        "| **student** | 75.00 |",
        f"at {SIZE} x {SIZE} pixels",
        "It always names one of its classes",
        '"reading": "probability of a class: softmax of logits / temperature"',
    ):
        assert said in text, said


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations")
def test_the_command_writes_a_file_whose_reader_says_what_the_network_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    card = _card()
    model = _model(card)
    save_model(tmp_path / "model.safetensors", parameters=model.state_dict(), card=card)
    monkeypatch.setenv("MTKD_ONNX", "1")
    out = tmp_path / "out"
    assert main(["export", "--student", str(tmp_path), "--out", str(out)]) == 0
    session = onnxruntime.InferenceSession(out / "student.onnx", providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()
    assert (images.name, images.shape[1:]) == ("images", [3, SIZE, SIZE])
    assert isinstance(images.shape[0], str)  # any number
    told = session.get_modelmeta().custom_metadata_map
    assert ClassifierCard.model_validate_json(told[HEADER_KEY]) == card
    assert json.loads(told[FEEDING_KEY]) == classifier_form(card).feeding

    pixels_NHWC = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    pictures = [tmp_path / f"{number}.png" for number in range(2)]
    for picture, pixels_HWC in zip(pictures, pixels_NHWC, strict=True):
        Image.fromarray(pixels_HWC).save(picture)
    code = re.search(r"```python\n(.*?)```", (out / "MODEL_CARD.md").read_text(), re.DOTALL)
    assert code is not None
    reader = tmp_path / "reader.py"
    reader.write_text(code[1].partition("if __name__")[0] + ASK)
    said = subprocess.run(
        [sys.executable, reader, out / "student.onnx", *pictures],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    images_BCHW = torch.from_numpy(pixels_NHWC).permute(0, 3, 1, 2)
    chances_BC = torch.softmax(model(to_input(images_BCHW, card.input)) / card.temperature, dim=1)
    for line, chances_C in zip(said.stdout.splitlines(), chances_BC.tolist(), strict=True):
        found = dict(json.loads(line))
        assert found == pytest.approx(dict(zip(card.classes, chances_C, strict=True)), abs=TOLERANCE)


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations")
@pytest.mark.parametrize(
    "changes",
    [
        {"net": TransformersNet(model_type="resnet", config=TINY)},
        {"input": ImageInput(size=SIZE, mean=(0.5,), std=(0.2,))},
        {"net": BranchesNet(branches=2)},
    ],
    ids=["transformers", "grey", "branches"],
)
def test_other_networks_are_translated_too(changes: dict[str, Any], tmp_path: Path) -> None:
    card = _card(**changes)
    batches = [torch.randn(samples, card.input.channels, SIZE, SIZE) for samples in (3, 1)]
    parity = write_onnx(_model(card), card, path=tmp_path / "s.onnx", batches=batches)
    assert parity.samples == 4
    assert parity.difference <= TOLERANCE
