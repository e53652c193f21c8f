from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from mtkd_engine.modelfile import save_model
from mtkd_engine.profile import cost_of_dense, profile_file
from tests.engine.nets.dense.networks import CARDS, built


@pytest.mark.parametrize("name", ["segmenting pyramid", "divided attention"])
def test_the_cost_counts_one_picture_or_one_window(name: str, tmp_path: Path) -> None:
    card, file = CARDS[name], tmp_path / "model.safetensors"
    net = built(card)
    cost = cost_of_dense(net, card, runs=2)
    frames = 4 if name == "divided attention" else 1
    assert cost.parameters == sum(tensor.numel() for tensor in net.parameters())
    assert cost.frames == frames
    assert cost.macs_per_frame == (cost.macs / frames if frames > 1 else None)
    assert cost.memory_bytes > 4 * cost.parameters
    assert net.training
    save_model(file, parameters=net.state_dict(), card=card)
    told = profile_file(file, data=None, split="test", runs=1)
    assert told["macs"] == cost.macs


def test_a_layer_costs_what_can_be_counted_by_hand() -> None:
    card = CARDS["conv3d"].model_copy(update={"net": CARDS["conv3d"].net.model_copy(update={"stages": 2})})
    net = built(card)
    head = 4 * 1 * (4 * 10 * 14)  # one weight a channel, at each of 4 x 10 x 14 cells
    with_head = cost_of_dense(net, card, runs=1).macs
    net.head = nn.Conv3d(4, 2, 1)
    assert cost_of_dense(net, card, runs=1).macs - with_head == head
