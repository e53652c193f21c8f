"""What one image costs a classifier: counted by hand, and from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtkd_engine.__main__ import main
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.registry import build_for
from mtkd_engine.profile import cost_of_classifier
from mtkd_engine.spec import CifarResNet, ClassifierCard, ImageInput

CARD = ClassifierCard(net=CifarResNet(depth=8), classes=("cat", "dog"), input=ImageInput(size=16))


def test_by_hand_the_products_and_parameters_of_the_smallest_network() -> None:
    model = build_for(CARD).train()
    cost = cost_of_classifier(model, CARD, runs=2)
    first = 16 * 16 * 9 * (3 * 16 + 2 * 16 * 16)
    second = 8 * 8 * 9 * (16 * 32 + 32 * 32)
    third = 4 * 4 * 9 * (32 * 64 + 64 * 64)
    assert cost.macs == first + second + third + 64 * 2
    assert cost.parameters == sum(parameter.numel() for parameter in model.parameters())
    # The stem's maps, their normalised and their rectified ones are alive at a time at the least.
    assert cost.memory_bytes > 4 * cost.parameters + 4 * 3 * 16 * 16 + 2 * 4 * 16 * 16 * 16
    assert (cost.size, cost.channels, cost.runs) == (16, 3, 2)
    assert 0 < cost.latency_ms <= cost.latency_p90_ms
    assert model.training


def test_the_command_needs_no_dataset_for_a_classifier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, parameters=build_for(CARD).state_dict(), card=CARD)
    assert main(["profile", "--model", str(path), "--runs", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 16
