"""Classifiers without a card on their way in: asked about, fitted, measured, sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file

from mtkd_engine.__main__ import main
from mtkd_engine.modelfile import ModelError, load_classifier, save_model
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.classification.programs import program_card, program_hash
from mtkd_engine.teachers.intake.check import SaidError
from tests.engine.teachers.intake.conftest import CARD, CLASSES

State = dict[str, torch.Tensor]
READS = {"size": 8, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def said(folder: Path, **changes: Any) -> Path:
    path = folder / "said.json"
    path.write_text(json.dumps({"classes": "dataset", "input": READS, **changes}))
    return path


def checkpoint(folder: Path, parameters: State, name: str = "net.th") -> Path:
    """As training scripts save it: wrapped names, in half precision, with counters that are not there."""
    kept = {f"module.{key}": t for key, t in parameters.items() if not key.endswith("num_batches_tracked")}
    torch.save({"state_dict": {key: t.half() for key, t in kept.items()}, "best": 0.9}, folder / name)
    return folder / name


def test_a_checkpoint_is_converted_measured_and_sealed_with_a_card(
    tmp_path: Path, images: Path, parameters: State
) -> None:
    path = checkpoint(tmp_path, parameters)
    report = check_teacher(path, card=said(tmp_path), dataset=images, seal=tmp_path / "sealed")
    model, card = load_classifier(tmp_path / "sealed" / "model.safetensors")
    assert (card.net, card.classes, card.input) == (CARD.net, CLASSES, CARD.input)
    assert card.temperature == report["card"]["temperature"] != 1.0
    assert card.metrics["test/top1"] == report["quality"]["splits"]["test"]["metrics"]["top1"]
    for key, tensor in model.state_dict().items():
        assert torch.equal(tensor, parameters[key].half().to(tensor.dtype)), key
    told = report["conversion"]
    assert (told["found_under"], told["prefix"]) == ("state_dict", "module.")
    assert ["module.conv1.weight", "conv1.weight"] in [list(pair) for pair in told["renamed"]]
    assert all(name.endswith("num_batches_tracked") for name in told["added"])
    assert ("conv1.weight", "float16", "float32") in [tuple(row) for row in told["converted"]]
    assert told["ignored"] == (("best", "a float"),)
    assert told["unexpected"] == []
    assert set(report["quality"]["splits"]) == {"val", "test"}
    assert [row["name"] for row in report["quality"]["classes"]] == list(CLASSES)
    assert report["quality"]["blind"]["top1"] == pytest.approx(1 / 3)
    json.dumps(report)


def test_the_same_parameters_have_the_same_content_hash_and_another_card_another(
    tmp_path: Path, images: Path, parameters: State
) -> None:
    path = bare(tmp_path, parameters)
    first, again = (
        check_teacher(path, card=said(tmp_path), dataset=images)["content_hash"] for _ in range(2)
    )
    turned = said(tmp_path, classes=["light", "dark", "red"])
    assert first == again != check_teacher(path, card=turned, dataset=images)["content_hash"]


def test_without_a_word_it_is_asked_what_it_is(tmp_path: Path, parameters: State) -> None:
    report = check_teacher(checkpoint(tmp_path, parameters), seal=tmp_path / "sealed")
    assert not report["sealed"]
    assert report["asks"]["needs"] == ["dataset", "card"]
    assert report["asks"]["proposed"] == {
        "net": CARD.net.model_dump(),
        "classes": 3,
        "channels": 3,
    }
    assert report["tensors"]["first"][0][0] == "conv1.weight"
    assert not (tmp_path / "sealed").exists()


def bare(folder: Path, parameters: State) -> Path:
    """The same without a process that converts it."""
    save_file(parameters, folder / "net.safetensors")
    return folder / "net.safetensors"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ["a", "b"]}, "classes: given 2, but net.safetensors has 3 outputs"),
        ({"classes": ["dark", "light", "green"]}, "does not know 1 of the 3 classes of the dataset: 'red'"),
        ({"input": {"size": 8, "mean": [0.5], "std": [0.5]}}, "input: given 1 channel"),
        ({"net": {"family": "cifar_resnet", "depth": 14}}, "does not fit the architecture"),
    ],
)
def test_what_does_not_fit_is_asked_again_with_the_reason(
    tmp_path: Path, images: Path, parameters: State, changes: dict[str, Any], words: str
) -> None:
    path = bare(tmp_path, parameters)
    with pytest.raises(SaidError) as refused:
        check_teacher(path, card=said(tmp_path, **changes), dataset=images, seal=tmp_path / "sealed")
    assert words in str(refused.value)
    assert refused.value.report["asks"]["problem"] == str(refused.value)
    assert refused.value.report["asks"]["said"]["classes"]
    assert not (tmp_path / "sealed").exists()


def test_the_command_writes_what_is_asked_again_and_says_why(
    tmp_path: Path, images: Path, parameters: State, capsys: pytest.CaptureFixture[str]
) -> None:
    path, report = bare(tmp_path, parameters), tmp_path / "report.json"
    card = said(tmp_path, net={"family": "cifar_resnet", "depth": 14})
    given = ["check", "teacher", str(path), "--card", str(card), "--dataset", str(images)]
    assert main([*given, "--report", str(report)]) == 2
    told = json.loads(report.read_text())
    assert told["asks"]["problem"] == capsys.readouterr().err.strip()
    assert {row["what"] for row in told["mismatch"]} == {"missing"}


def test_parameters_as_safetensors_without_a_card_take_the_same_way(
    tmp_path: Path, images: Path, parameters: State
) -> None:
    path = tmp_path / "bare.safetensors"
    save_file({**parameters, "ema.decay": torch.ones(1)}, path)
    assert check_teacher(path, dataset=images)["asks"]["needs"] == ["card", "net"]
    card = said(tmp_path, net=CARD.net.model_dump())
    report = check_teacher(path, card=card, dataset=images, seal=tmp_path / "sealed")
    assert report["conversion"]["unexpected"] == ["ema.decay"]
    assert "unexpected_tensors" in {problem["code"] for problem in report["problems"]}


def test_a_model_of_our_own_is_measured_as_it_is(tmp_path: Path, images: Path, parameters: State) -> None:
    path = tmp_path / "own.safetensors"
    save_model(path, parameters=parameters, card=CARD)
    assert check_teacher(path)["asks"]["needs"] == ["dataset"]
    report = check_teacher(path, dataset=images, split="test", seal=tmp_path / "sealed")
    assert report["card"]["temperature"] == 1.0
    assert report["quality"]["split"] == "test"
    assert (tmp_path / "sealed" / "model.safetensors").read_bytes() == path.read_bytes()


def program(path: Path) -> Path:
    """The mean of each channel, times weights: three scores of an image."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [3, 3], [-1.0, 1, 1, -1, 1, -1, -1, 1, -1])
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["x"], ["p"]),
            helper.make_node("Flatten", ["p"], ["f"]),
            helper.make_node("MatMul", ["f", "w"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [weight],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def test_a_program_says_its_sizes_and_is_measured_and_sealed_with_its_card(
    tmp_path: Path, images: Path
) -> None:
    path = program(tmp_path / "net.onnx")
    asked = check_teacher(path)
    assert (asked["kind"], asked["asks"]["needs"]) == ("onnx", ["dataset", "card"])
    assert asked["asks"]["program"] == {"classes": 3, "channels": 3, "size": 8}
    report = check_teacher(path, card=said(tmp_path), dataset=images, seal=tmp_path / "sealed")
    sealed = tmp_path / "sealed" / "model.onnx"
    assert sealed.read_bytes() == path.read_bytes()
    card = program_card(sealed)
    assert card.net.family == "onnx"
    assert report["content_hash"] == program_hash(sealed, card=card)
    assert report["quality"]["metrics"]["top1"] > report["quality"]["blind"]["top1"]


def test_a_dataset_of_another_task_is_named(tmp_path: Path, parameters: State) -> None:
    world = tmp_path / "world"
    world.mkdir()
    with pytest.raises(ModelError, match="a PyTorch checkpoint, which teaches image classification"):
        check_teacher(checkpoint(tmp_path, parameters), dataset=world)
