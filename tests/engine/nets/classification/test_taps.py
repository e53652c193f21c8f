"""Taps: what modules inside a network give, also of a compiled one, and only where it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification import Classifier, Tapped, build_classifier, paths_of
from mtkd_engine.spec import CifarResNet, ImageInput


@pytest.fixture
def model() -> Classifier:
    torch.manual_seed(0)
    return build_classifier(CifarResNet(depth=8), classes=5, input=ImageInput())


def _images() -> Tensor:
    return torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_taps_stand_beside_the_result(model: Classifier) -> None:
    logits_BC, taps = Tapped(model, ["layer1", "layer3.0.conv1"])(_images())
    assert logits_BC.shape == (4, 5)
    assert {path: tuple(tensor.shape) for path, tensor in taps.items()} == {
        "layer1": (4, 16, 8, 8),
        "layer3.0.conv1": (4, 64, 2, 2),
    }


def test_a_tap_is_what_the_module_gave_with_its_gradient(model: Classifier) -> None:
    model.eval()
    _, taps = Tapped(model, ["layer3"])(_images())
    assert torch.equal(taps["layer3"].mean(dim=(2, 3)), model.features(_images()))
    taps["layer3"].sum().backward()
    assert model.get_parameter("conv1.weight").grad is not None


def test_taps_survive_a_compilation_of_the_whole_graph(model: Classifier) -> None:
    torch._dynamo.reset()
    model.train()
    tapped = Tapped(model, ["layer2", "layer3"])
    plain = Tapped(copy.deepcopy(model), ["layer2", "layer3"])
    _compare(tapped, plain, torch.compile(tapped, fullgraph=True, backend="aot_eager"), _images())
    gradients = [part.model.get_parameter("conv1.weight").grad for part in (tapped, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_taps_survive_a_compilation_to_machine_code() -> None:
    torch._dynamo.reset()
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    tapped, plain = Tapped(net, ["0"]), Tapped(copy.deepcopy(net), ["0"])
    _compare(tapped, plain, torch.compile(tapped, fullgraph=True), torch.ones(2, 3))


def _compare(tapped: Tapped, plain: Tapped, compiled: Callable[[Tensor], Any], given: Tensor) -> None:
    """Two calls, as a hook that fires in the first alone is no better than none, and their backward."""
    for _ in range(2):
        result, taps = compiled(given)
        wanted, wanted_taps = plain(given)
        torch.testing.assert_close(result, wanted, rtol=1e-4, atol=1e-5)
        assert list(taps) == list(wanted_taps) == list(tapped.paths)
        for path, tensor in taps.items():
            torch.testing.assert_close(tensor, wanted_taps[path], rtol=1e-4, atol=1e-5)
    for outcome in ((result, taps), (wanted, wanted_taps)):
        (outcome[0].sum() + sum(tensor.square().sum() for tensor in outcome[1].values())).backward()


def test_nothing_is_noted_where_the_network_is_called_by_itself(model: Classifier) -> None:
    tapped = Tapped(model, ["layer1"])
    tapped(_images())
    model.eval()(_images())
    assert tapped._noted == {}


def test_evaluation_between_two_steps_leaves_nothing_of_another_batch(model: Classifier) -> None:
    tapped = Tapped(model, ["layer1"])
    tapped(_images())
    model.eval()(torch.randn(9, 3, 8, 8))
    _, taps = tapped(_images()[:2])
    assert len(taps["layer1"]) == 2


def test_a_path_that_leads_nowhere_is_refused_with_near_ones_and_leaves_no_hook(model: Classifier) -> None:
    with pytest.raises(ValueError, match=r"given the path 'layer4', .*near are .*'layer[123]'"):
        Tapped(model, ["layer1", "layer4"])
    assert not any(module._forward_hooks for module in model.modules())


def test_closed_taps_take_their_hooks_away(model: Classifier) -> None:
    Tapped(model, ["layer1"]).close()
    assert not any(module._forward_hooks for module in model.modules())


def test_paths_may_start_inside_a_part_of_what_is_run(model: Classifier) -> None:
    _, taps = Tapped(nn.Sequential(nn.Identity(), model), ["layer1"], within=model)(_images())
    assert list(taps) == ["layer1"]


def test_of_several_values_the_first_tensor_is_taken() -> None:
    class _Two(nn.Module):
        def forward(self, given: Tensor) -> tuple[None, Tensor, Tensor]:
            return None, given + 1, given + 2

    class _Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.two = _Two()

        def forward(self, given: Tensor) -> Tensor:
            return self.two(given)[2]

    _, taps = Tapped(_Around(), ["two"])(torch.zeros(1))
    assert taps["two"].item() == 1.0


def test_paths_are_listed_in_the_order_of_the_network(model: Classifier) -> None:
    assert paths_of(model)[:3] == ["conv1", "bn1", "layer1"]
    assert paths_of(model)[-1] == "linear"
