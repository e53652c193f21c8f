"""Branches on shared substages: what they share, what the gate does, and that one of them is a plain network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mtkd_engine.nets.classification import Classifier, build_classifier
from mtkd_engine.nets.classification.branches import BranchesClassifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.nets.classification.stages import Tail, Trunk
from mtkd_engine.nets.registry import build_for, expected_tensors
from mtkd_engine.spec import BranchesNet, CifarResNet, ClassifierCard, ImageInput, SpecError
from tests.engine.nets.classification.clips.small import STAGED_IMAGES, VIT

READS = ImageInput(size=32)
CLASSES = ("a", "b", "c", "d", "e")
every_net = pytest.mark.parametrize("net", STAGED_IMAGES.values(), ids=STAGED_IMAGES)


def images(samples: int = 3) -> torch.Tensor:
    return torch.randn(samples, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def trunk(net: Classifier, k: int) -> Trunk:
    assert isinstance(net, CifarClassifier | TransformersClassifier)
    return Trunk(net, k)


def plain(net: Any) -> Classifier:
    torch.manual_seed(0)
    return build_classifier(net, classes=len(CLASSES), input=READS).eval()


def branched(net: Any, *, branches: int = 3, shared: int = 1) -> BranchesClassifier:
    torch.manual_seed(0)
    described = BranchesNet(net=net, branches=branches, shared=shared)
    found = build_classifier(described, classes=len(CLASSES), input=READS).eval()
    assert isinstance(found, BranchesClassifier)
    return found


@every_net
def test_trunk_and_tail_are_the_whole_network(net: Any) -> None:
    whole = plain(net)
    with torch.no_grad():
        maps = trunk(whole, 1)(images())
        assert torch.equal(Tail(whole, 1)(maps), whole(images()))


@every_net
def test_a_branch_with_the_shared_substages_is_a_plain_network_to_the_last_name(net: Any) -> None:
    whole, alone = branched(net), plain(net)
    with torch.no_grad():
        said = whole.by_branch(whole.features(images()))
    assert list(whole.whole(2)) == list(alone.state_dict())
    assert all(torch.equal(value, whole.whole(0)[name]) for name, value in alone.state_dict().items())
    for place, logits_BC in enumerate(said):
        alone.load_state_dict(whole.whole(place))
        with torch.no_grad():
            torch.testing.assert_close(alone(images()), logits_BC)
    assert not torch.equal(said[0], said[1])


def test_the_ensemble_is_the_sum_of_the_branches_by_the_gates_weights() -> None:
    net = branched(CifarResNet(), shared=2)
    with torch.no_grad():
        features_BF = net.features(images())
        weights_BM, logits = net.weights(features_BF), net.by_branch(features_BF)
        expected = torch.stack([weights_BM[:, m : m + 1] * logits[m] for m in range(3)]).sum(0)
        torch.testing.assert_close(net(images()), expected)
    torch.testing.assert_close(weights_BM.sum(1), torch.ones(3))
    assert features_BF.shape == (3, net.feature_width)


def test_the_gate_is_the_published_formula() -> None:
    net = branched(CifarResNet(), shared=2)
    mean_M, var_M = net.gate.norm.running_mean, net.gate.norm.running_var
    assert mean_M is not None
    assert var_M is not None
    torch.nn.init.normal_(mean_M)
    with torch.no_grad():
        x_BD = trunk(net.plain(0), 2)(images()).mean(dim=(2, 3))
        scores_BM = x_BD @ net.gate.linear.weight.T + net.gate.linear.bias
        normed_BM = (scores_BM - mean_M) / torch.sqrt(var_M + 1e-5)
        torch.testing.assert_close(
            net.weights(net.features(images())), torch.softmax(normed_BM.clamp(min=0), dim=1)
        )


def test_shared_substages_have_their_parameters_once() -> None:
    one, three = branched(CifarResNet(), branches=1, shared=2), branched(CifarResNet(), shared=2)
    first = one.plain(0)
    assert isinstance(first, CifarClassifier)
    added = 2 * (count(first.layer3) + count(first.linear)) + count(three.gate) - count(one.gate)
    assert count(three) - count(one) == added


def test_a_card_describes_it_and_what_cannot_be_is_refused_by_its_field() -> None:
    card = ClassifierCard(net=BranchesNet(), classes=CLASSES, input=READS)
    built = build_for(ClassifierCard.model_validate(card.model_dump(mode="json")))
    assert {name: tuple(t.shape) for name, t in built.state_dict().items()} == {
        name: shape for name, (shape, _) in expected_tensors(card).items()
    }
    for net, field in ((BranchesNet(shared=3), "net.shared"), (BranchesNet(net=VIT), "net.net")):
        with pytest.raises(SpecError) as refused:
            build_classifier(net, classes=5, input=READS)
        assert list(refused.value.fields) == [field]
