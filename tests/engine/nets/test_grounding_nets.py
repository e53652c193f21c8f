"""What the grounding networks promise beside their masks."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding import SpanHead, SpanModel
from mtkd_engine.nets.grounding.layers import ChannelDropout
from mtkd_engine.nets.grounding.map2d import Map2dModel, pool_windows
from mtkd_engine.nets.masking import NEG, upper_triangle
from mtkd_engine.nets.registry import build, expected_tensors
from mtkd_engine.spec import GroundingCard, Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.tasks.grounding import hard_label_loss

NETS: list[NetSpec] = [
    SpanNet(width=16, attention_layers=1),
    Map2dNet(width=16),
    ProposalNet(width=16),
    RegressionNet(width=16),
]


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.family)
def test_the_expected_tensors_are_those_of_the_built_network(net: NetSpec) -> None:
    card = GroundingCard(net=net, feature_width=8, max_words=5, vocabulary=("<pad>", "<unk>", "cat"))
    built = build(net, feature_width=8, vocabulary_size=3).state_dict()
    found = {name: (tuple(tensor.shape), "float32") for name, tensor in built.items()}
    assert expected_tensors(card) == found


def test_asking_for_the_tensors_of_a_huge_card_takes_no_memory() -> None:
    card = GroundingCard(
        net=SpanNet(width=512),
        feature_width=65_536,
        max_words=5,
        vocabulary=("<pad>", "<unk>", *(f"w{n}" for n in range(500_000))),
    )
    assert expected_tensors(card)["encoder.words.weight"] == ((500_002, 512), "float32")


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.family)
def test_same_seed_gives_the_same_bits_after_training_steps(net: NetSpec, make: SimpleNamespace) -> None:
    def train() -> list[Tensor]:
        torch.manual_seed(3)
        model = build(net, feature_width=8, vocabulary_size=20)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for step in range(3):
            batch = make.inputs([12, 5, 9], [6, 3, 4], length=12, seed=step)
            loss = hard_label_loss(model(batch), make.targets([12, 5, 9], length=12, seed=step))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return [parameter.detach().clone() for parameter in model.parameters()]

    for first, second in zip(train(), train(), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.family)
def test_every_parameter_learns(net: NetSpec, make: SimpleNamespace) -> None:
    model = build(net, feature_width=8, vocabulary_size=20)
    output = model(make.inputs([12, 5, 9], [6, 3, 4], length=12))
    hard_label_loss(output, make.targets([12, 5, 9], length=12)).backward()  # type: ignore[no-untyped-call]
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not bool(parameter.grad.abs().sum() > 0)
    ]
    assert still == []


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.family)
def test_word_order_changes_the_output(net: NetSpec, make: SimpleNamespace) -> None:
    model = build(net, feature_width=8, vocabulary_size=20).eval()
    batch = make.inputs([8], [4], length=8)
    batch = replace(batch, words_BW=torch.tensor([[2, 3, 4, 5]]))
    turned = model(replace(batch, words_BW=torch.tensor([[4, 5, 2, 3]])))
    straight = model(batch)
    names = {"span": "start_BL", "map2d": "map_BLL", "proposal": "scores_BK", "regression": "scores_BK"}
    said = names[net.family]
    apart = getattr(straight, said) - getattr(turned, said)
    assert float(apart.detach().abs().max()) > 1e-4


def test_outputs_are_neg_exactly_where_nothing_is(make: SimpleNamespace) -> None:
    batch = make.inputs([6, 3], [4, 2], length=6)
    span = SpanModel(SpanNet(clips=6, width=16), feature_width=8, vocabulary_size=20)(batch)
    windows = Map2dModel(Map2dNet(clips=6, width=16), feature_width=8, vocabulary_size=20)(batch)
    assert torch.equal(span.start_BL != NEG, batch.clip_mask_BL)
    assert torch.equal(span.end_BL != NEG, batch.clip_mask_BL)
    assert torch.equal(windows.map_BLL != NEG, upper_triangle(batch.clip_mask_BL))


def test_a_deeper_head_on_the_same_encoder_is_another_model(make: SimpleNamespace) -> None:
    net = SpanNet(clips=6, width=16)
    student = SpanModel(net, feature_width=8, vocabulary_size=20).eval()
    twin = SpanHead(net.model_copy(update={"attention_layers": 2})).eval()
    encoded = student.encoder(make.inputs([6], [4], length=6))
    assert not torch.equal(student.head(encoded).start_BL, twin(encoded).start_BL)
    assert len(twin.attention) == 2


def test_pooled_windows_are_maxima_of_their_clips() -> None:
    clips_BLC = torch.randn(2, 5, 3)
    windows_BLLC = pool_windows(clips_BLC)
    for first in range(5):
        for last in range(5):
            wanted = clips_BLC[:, first : last + 1].amax(1) if first <= last else torch.zeros(2, 3)
            assert torch.equal(windows_BLLC[:, first, last], wanted)


def test_dropout_takes_whole_channels_and_rests_in_evaluation() -> None:
    drop = ChannelDropout(0.5)
    ones_BNC = torch.ones(4, 6, 32)
    dropped_BNC = drop(ones_BNC)
    assert torch.equal(dropped_BNC, dropped_BNC[:, :1].expand_as(dropped_BNC))
    assert set(dropped_BNC.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(nn.Module.eval(drop)(ones_BNC), ones_BNC)
