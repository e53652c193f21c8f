"""Which parameters a substage consists of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from torch import nn

from mtkd_engine.methods.classification.staged.parts import NetPart, parts_of
from mtkd_engine.nets.classification import Classifier, build_classifier
from mtkd_engine.nets.classification.stages import stages_of
from mtkd_engine.spec import CifarResNet, ImageInput, TransformersNet
from tests.engine.methods.classification.staged.studio import small


def _names(net: nn.Module, parts: Sequence[NetPart]) -> list[set[str]]:
    by_id = {id(parameter): name for name, parameter in net.named_parameters()}
    return [{by_id[id(parameter)] for parameter in part.parameters} for part in parts]


def test_the_stem_belongs_to_the_first_substage_and_what_is_left_to_the_head() -> None:
    net = build_classifier(CifarResNet(depth=8), classes=3, input=ImageInput())
    first, second, third, head = _names(net, parts_of(net, stages_of(net)))
    assert {"conv1.weight", "bn1.weight"} < first
    assert all(name.startswith(("conv1", "bn1", "layer1")) for name in first)
    assert all(name.startswith("layer2") for name in second)
    assert all(name.startswith("layer3") for name in third)
    assert head == {"linear.weight", "linear.bias"}


def _library() -> Classifier:
    config: dict[str, list[int] | int | str] = {
        "depths": [1, 1],
        "hidden_sizes": [8, 16],
        "embedding_size": 8,
        "layer_type": "basic",
    }
    net = TransformersNet(model_type="resnet", config=config)
    return build_classifier(net, classes=3, input=ImageInput())


@pytest.mark.parametrize("kind", ["cifar", "library", "small"])
def test_every_parameter_belongs_to_one_part(kind: str) -> None:
    cifar = build_classifier(CifarResNet(depth=8), classes=3, input=ImageInput())
    net = {"cifar": cifar, "small": small(0)}.get(kind) or _library()
    parts = parts_of(net, stages_of(net))
    named = _names(net, parts)
    assert all(named)
    assert sum(map(len, named)) == len(set().union(*named)) == len(list(net.parameters()))
    modules = [module for part in parts for module in part.modules]
    leaves = [module for module in net.modules() if not list(module.children())]
    assert all(any(leaf is module for module in modules) for leaf in leaves)


def test_a_part_learns_and_rests_as_it_is_told() -> None:
    net = small(0).train()
    parts = parts_of(net, stages_of(net))
    parts[1].learns(False)
    parts[1].rest()
    assert not net.get_submodule("stages.1.1").training
    assert net.get_submodule("stages.0.1").training
    assert [p.requires_grad for p in net.stages[1].parameters()] == [False] * 3
    parts[1].learns(True)
    assert all(p.requires_grad for p in net.parameters())


def test_what_was_frozen_from_the_start_belongs_to_nobody() -> None:
    net = small(0)
    net.stem.requires_grad_(False)
    parts = parts_of(net, stages_of(net))
    for part in parts:
        part.learns(True)
    assert not any(p.requires_grad for p in net.stem.parameters())


def test_a_path_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stages\.9"):
        parts_of(small(0), ["stages.9"])
