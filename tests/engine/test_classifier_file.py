"""Model files of image classifiers: written, checked, loaded, and what is said where tensors are others."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mtkd_engine.modelfile import (
    HEADER_KEY,
    ModelError,
    check_model,
    load_classifier,
    load_model,
    model_hash,
    save_model,
)
from mtkd_engine.modelfile.infer import infer_card
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import CifarResNet, ClassifierCard, ImageInput, TransformersNet


def _card(**changes: Any) -> ClassifierCard:
    stated = {"net": CifarResNet(depth=8), "classes": ("cat", "dog", "eel"), **changes}
    return ClassifierCard.model_validate(stated)


def _written(path: Path, card: ClassifierCard) -> dict[str, Tensor]:
    torch.manual_seed(0)
    parameters = dict(build_for(card).state_dict())
    save_model(path, parameters=parameters, card=card)
    return parameters


@pytest.fixture
def file(tmp_path: Path) -> Path:
    _written(tmp_path / "model.safetensors", _card())
    return tmp_path / "model.safetensors"


def test_a_classifier_comes_back_as_it_was(tmp_path: Path) -> None:
    path, card = tmp_path / "model.safetensors", _card(temperature=1.7, metrics={"top1": 0.5})
    parameters = _written(path, card)
    model, read = load_classifier(path)
    assert read == card
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(parameters[name], tensor) for name, tensor in model.state_dict().items())


def test_one_of_the_transformers_library_comes_back_by_its_own_names(tmp_path: Path) -> None:
    config = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
    card = _card(net=TransformersNet(model_type="resnet", config=config))
    parameters = _written(tmp_path / "model.safetensors", card)
    assert "resnet.embedder.embedder.convolution.weight" in parameters
    model, _ = load_classifier(tmp_path / "model.safetensors")
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 3)


def test_figures_are_no_part_of_the_hash_but_classes_and_input_are(tmp_path: Path) -> None:
    hashes = []
    for number, changes in enumerate(
        (
            {},
            {"metrics": {"top1": 0.9}},
            {"classes": ("dog", "cat", "eel")},
            {"input": ImageInput(mean=(0.5, 0.5, 0.5))},
        )
    ):
        _written(tmp_path / f"{number}.safetensors", _card(**changes))
        hashes.append(model_hash(tmp_path / f"{number}.safetensors"))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_a_model_of_another_task_is_refused_where_one_task_is_wanted(file: Path) -> None:
    with pytest.raises(
        ModelError, match=r"is a model of task 'classification'; accepted here is .*'grounding'"
    ):
        load_model(file)


def test_a_card_of_an_unknown_task_is_refused(file: Path) -> None:
    save_file(load_file(file), file, metadata={HEADER_KEY: json.dumps({"task": "juggling"})})
    with pytest.raises(ModelError, match=r"task: given 'juggling', accepted is one of 'grounding', 'classif"):
        check_model(file)


def test_a_card_whose_network_its_library_cannot_build_is_refused(file: Path) -> None:
    stated = _card().model_dump(mode="json") | {
        "net": {"family": "transformers", "model_type": "vit", "config": {"hidden_size": -1}}
    }
    save_file(load_file(file), file, metadata={HEADER_KEY: json.dumps(stated)})
    with pytest.raises(
        ModelError, match=r"its model card is not accepted: net.config: given a network of type"
    ):
        check_model(file)


def test_values_that_are_not_finite_are_refused(file: Path) -> None:
    parameters = load_file(file)
    parameters["linear.bias"][1] = math.nan
    save_model(file, parameters=parameters, card=_card())
    with pytest.raises(ModelError, match=r"tensor 'linear.bias' holds NaN or infinite values"):
        load_classifier(file)


@pytest.mark.parametrize(
    ("card", "advice"),
    [
        (_card(net=CifarResNet(depth=14)), r'give the card the net \{.*"depth": 8'),
        (_card(net=CifarResNet(depth=8, shortcut="conv")), r'give the card the net \{.*"shortcut": "pad"'),
        (_card(classes=("cat", "dog")), r"give the card the names of 3 classes"),
        (_card(input=ImageInput(mean=(0.5,), std=(0.5,))), r"give the card an input of 3 channel\(s\)"),
    ],
)
def test_advice_names_what_the_card_must_say(file: Path, card: ClassifierCard, advice: str) -> None:
    save_file(load_file(file), file, metadata={HEADER_KEY: card.model_dump_json()})
    with pytest.raises(ModelError, match=rf"does not fit .* to make it fit, {advice}"):
        check_model(file)


def test_advice_takes_off_a_prefix_renames_and_adds_counters(file: Path) -> None:
    published = {
        f"module.{name.replace('linear', 'fc')}": tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(file).items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(published, file, metadata={HEADER_KEY: _card().model_dump_json()})
    with pytest.raises(ModelError) as refused:
        check_model(file)
    for part in (
        "remove 'module.' from the start of every name",
        "convert its tensors to the dtypes wanted",
        "rename 2 tensors, such as fc.",
        "add 7 tensors of 0 (int64), such as bn1.num_batches_tracked",
    ):
        assert part in str(refused.value)


@pytest.mark.parametrize("net", [{"depth": 20}, {"depth": 8, "factor": 4, "shortcut": "conv"}, {"depth": 56}])
def test_the_architecture_is_told_by_names_and_shapes(net: dict[str, Any]) -> None:
    card = _card(net=CifarResNet.model_validate(net))
    with torch.device("meta"):
        state = build_for(card).state_dict()
    given = {
        name.replace("shortcut", "downsample").replace("linear", "fc"): (tuple(tensor.shape), "float16")
        for name, tensor in state.items()
    }
    proposed = infer_card(given)
    assert proposed is not None
    assert (proposed.net, proposed.classes, proposed.channels) == (card.net, 3, 3)
    assert proposed.renamed["fc.weight"] == "linear.weight"
    assert proposed.counters == ()


@pytest.mark.parametrize(
    "net",
    [
        TransformersNet(model_type="mobilenet_v2"),
        TransformersNet(
            model_type="resnet",
            config={"depths": [2, 1], "hidden_sizes": [8, 16], "embedding_size": 8, "layer_type": "basic"},
        ),
        TransformersNet(
            model_type="convnext", config={"depths": [1, 2], "hidden_sizes": [8, 16], "num_stages": 2}
        ),
    ],
    ids=lambda net: net.model_type,
)
def test_networks_of_the_transformers_library_are_told_too(net: TransformersNet) -> None:
    with torch.device("meta"):
        state = build_for(_card(net=net, input=ImageInput(size=224))).state_dict()
    proposed = infer_card({name: (tuple(tensor.shape), "float32") for name, tensor in state.items()})
    assert proposed is not None
    assert proposed.net == net
    assert (proposed.classes, proposed.channels, proposed.renamed) == (3, 3, {})


def test_tensors_of_nothing_known_are_told_as_nothing() -> None:
    with torch.device("meta"):
        state = build_for(_card()).state_dict()
    whole = {name: (tuple(tensor.shape), "float32") for name, tensor in state.items()}
    less = {name: tensor for name, tensor in whole.items() if name != "layer2.0.conv1.weight"}
    assert infer_card(less) is None
    assert infer_card(whole | {"extra.weight": ((3,), "float32")}) is None
    assert infer_card(whole | {"linear.bias": ((4,), "float32")}) is None
    assert infer_card({}) is None
