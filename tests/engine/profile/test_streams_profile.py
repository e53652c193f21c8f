"""What compressed streams cost for a frame: the published figures of CoViAR and of its compressed form."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mtkd_engine.nets.classification.clips import StreamsClassifier, build_clip_classifier
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.profile.streams import StreamsCost, cost_of_streams
from mtkd_engine.spec import StreamsInput, StreamsNet

BASIC = {"layer_type": "basic", "hidden_sizes": [64, 128, 256, 512]}
DEEP = {"layer_type": "bottleneck", "hidden_sizes": [256, 512, 1024, 2048]}
RESNETS: dict[int, dict[str, Any]] = {
    18: {"depths": [2, 2, 2, 2], **BASIC},
    34: {"depths": [3, 4, 6, 3], **BASIC},
    50: {"depths": [3, 4, 6, 3], **DEEP},
    152: {"depths": [3, 8, 36, 3], **DEEP},
}


@cache
def _cost(iframe: int | None, *, classes: int = 101) -> StreamsCost:
    """Of a network for I-frames of this depth beside ResNet-18 for the other streams."""
    small = {"family": "transformers", "model_type": "resnet", "config": RESNETS[18]}
    deep = None if iframe is None else {**small, "config": RESNETS[iframe]}
    net = StreamsNet.model_validate({"iframe": deep, "motion": small, "residual": small})
    with shapes_only():
        model = build_clip_classifier(net, classes=classes, input=StreamsInput(size=224))
        assert isinstance(model, StreamsClassifier)
        return cost_of_streams(model, size=224)


def test_a_group_of_twelve_costs_what_was_published() -> None:
    cost = _cost(152)
    assert cost.parameters == 80_804_281
    assert cost.parameters_by_stream == {"iframe": 58_350_757, "motion": 11_225_193, "residual": 11_228_331}
    assert {name: round(macs / 1e9, 3) for name, macs in cost.macs_by_stream.items()} == {
        "iframe": 11.512,
        "motion": 1.774,
        "residual": 1.814,
    }
    assert round(cost.macs_per_frame / 1e9, 3) == 4.248


@pytest.mark.parametrize(
    ("iframe", "classes", "parameters", "computation"),
    [(18, 101, 2.399, 1.235), (18, 51, 2.400, 1.235), (34, 101, 1.845, 1.182), (50, 101, 1.750, 1.170)],
)
def test_smaller_networks_for_i_frames_save_what_was_published(
    iframe: int, classes: int, parameters: float, computation: float
) -> None:
    saved = _cost(152, classes=classes).times_those_of(_cost(iframe, classes=classes))
    assert saved == pytest.approx((parameters, computation), abs=5e-4)


def test_without_i_frames_a_group_costs_its_other_frames_alone() -> None:
    cost = _cost(None)
    assert list(cost.macs_by_stream) == ["motion", "residual"]
    assert cost.macs_per_frame == pytest.approx(11 / 12 * sum(cost.macs_by_stream.values()))


def test_in_groups_of_one_only_i_frames_cost_anything() -> None:
    net = StreamsNet()
    model = build_clip_classifier(net, classes=2, input=StreamsInput(size=16)).train()
    assert isinstance(model, StreamsClassifier)
    cost = cost_of_streams(model, size=16, group=1)
    assert cost.macs_per_frame == cost.macs_by_stream["iframe"] > 0
    assert cost.to_json()["group"] == 1
    assert model.training
