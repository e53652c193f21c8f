"""Substages: where a network can be cut, and that what follows a cut is the rest of the network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.classification import Classifier, Tapped, build_classifier
from mtkd_engine.nets.classification.clips import StreamsClassifier
from mtkd_engine.nets.classification.stages import folded, head_part, spread, stages_of
from mtkd_engine.nets.classification.taps import module_at
from mtkd_engine.spec import CifarResNet, Conv3dNet, FrameNet, ImageInput, SequenceNet, SpecError, StreamsNet
from tests.engine.nets.classification.clips.small import (
    CLIP,
    FEATURES,
    STAGED_IMAGES,
    STREAMS,
    VIT,
    built,
    given_to,
    video_of_type,
)

Case = tuple[Any, Any]
CASES: dict[str, Case] = {
    **{name: (net, ImageInput(size=32)) for name, net in STAGED_IMAGES.items()},
    "cifar_resnet with convolutions around": (CifarResNet(depth=14, shortcut="conv"), ImageInput(size=32)),
    **{f"frames of {name}": (FrameNet(backbone=net), CLIP) for name, net in STAGED_IMAGES.items()},
    **{
        f"shifted frames of {name}": (FrameNet(backbone=STAGED_IMAGES[name], temporal="shift", part=4), CLIP)
        for name in ("cifar_resnet", "resnet", "swin")
    },
    "conv3d": (Conv3dNet(width=4), CLIP),
    "whole conv3d": (Conv3dNet(width=4, convolution="whole", stages=3, blocks=2), CLIP),
    "sequence": (SequenceNet(width=8, stages=4, blocks=2), FEATURES),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def _at_hand(case: Case) -> tuple[Classifier, Any]:
    net, reads = case
    if isinstance(reads, ImageInput):
        torch.manual_seed(0)
        given: Any = torch.randn(2, 3, reads.size, reads.size)
        return build_classifier(net, classes=5, input=reads).eval().requires_grad_(False), given
    return built(net, reads).eval().requires_grad_(False), given_to(reads)


@every_case
def test_the_tail_after_each_substage_gives_the_bits_of_the_network(case: Case) -> None:
    model, given = _at_hand(case)
    paths = stages_of(model)
    logits_BC, taps = Tapped(model, paths)(given)
    assert len(paths) > 1
    for k, path in enumerate(paths, start=1):
        tail = head_part(model, k)
        assert torch.equal(tail(taps[path], given), logits_BC)
        assert torch.equal(tail.features(taps[path], given), model.features(given))


@every_case
def test_a_network_that_runs_as_far_as_a_substage_gives_the_same_maps_and_runs_no_further(case: Case) -> None:
    model, given = _at_hand(case)
    paths = stages_of(model)
    tapped = Tapped(model, paths)
    logits_BC, taps = tapped(given)
    ran: list[str] = []
    for path in paths:
        module_at(model, path).register_forward_pre_hook(lambda *_, path=path: ran.append(path))
    for k, path in enumerate(paths, start=1):
        ran.clear()
        found = tapped.up_to(path, given)
        assert ran == list(found) == list(paths[:k])
        assert all(torch.equal(maps, taps[name]) for name, maps in found.items())
    assert torch.equal(model(given), logits_BC)


@every_case
def test_maps_have_channels_first_and_find_the_way_back(case: Case) -> None:
    model, given = _at_hand(case)
    _, taps = Tapped(model, stages_of(model))(given)
    for maps in taps.values():
        there = spread(model, maps)
        assert there.shape[0] == 2
        assert there.ndim == {"CLIP": 5}.get(
            "CLIP" if case[1] is CLIP else "", 3 if case[1] is FEATURES else 4
        )
        assert there.shape[-1] == there.shape[-2] or case[1] is FEATURES
        assert torch.equal(folded(model, there), maps)


@every_case
def test_gradients_reach_the_maps_and_leave_a_frozen_network_alone(case: Case) -> None:
    model, given = _at_hand(case)
    paths = stages_of(model)
    _, taps = Tapped(model, paths)(given)
    maps = taps[paths[0]].clone().requires_grad_()
    head_part(model, 1)(maps, given).square().sum().backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None
    assert maps.grad.any()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_time_and_space_shrink_from_stage_to_stage() -> None:
    model, given = _at_hand(CASES["conv3d"])
    _, taps = Tapped(model, stages_of(model))(given)
    shapes = [tuple(maps.shape[1:]) for maps in taps.values()]
    assert shapes == [(4, 4, 16, 16), (8, 2, 8, 8), (16, 1, 4, 4), (32, 1, 2, 2)]


def test_frames_stand_beside_space_in_maps_of_a_clip() -> None:
    model, clip_BTCHW = _at_hand(CASES["frames of cifar_resnet"])
    _, taps = Tapped(model, ["backbone.layer2"])(clip_BTCHW)
    maps_BCTHW = spread(model, taps["backbone.layer2"])
    assert maps_BCTHW.shape == (2, 32, 4, 16, 16)
    _, alone = Tapped(model, ["backbone.layer2"])(clip_BTCHW[1:, 2:3])
    torch.testing.assert_close(maps_BCTHW[1, :, 2], alone["backbone.layer2"][0])


def test_without_what_was_read_nothing_of_a_sequence_is_padding() -> None:
    model, _ = _at_hand(CASES["sequence"])
    whole_BTD = torch.randn(2, 11, 6)
    logits_BC, taps = Tapped(model, ["stages.1"])(whole_BTD)
    assert torch.equal(head_part(model, 2)(taps["stages.1"]), logits_BC)


@pytest.mark.parametrize(
    ("net", "reads", "named"),
    [
        (VIT, ImageInput(size=32), "type 'vit'"),
        (FrameNet(backbone=VIT), CLIP, "type 'vit'"),
        (video_of_type("videomae"), CLIP, "VideoTransformersClassifier"),
        (StreamsNet(), STREAMS, "StreamsClassifier"),
    ],
)
def test_a_network_without_substages_is_refused(net: Any, reads: Any, named: str) -> None:
    model, _ = _at_hand((net, reads))
    for ask in (stages_of, lambda model: head_part(model, 1)):
        with pytest.raises(SpecError, match=rf"net: given a.*{named}.* which has no substages; accepted are"):
            ask(model)


def test_the_network_of_one_stream_is_staged_by_itself() -> None:
    model = built(StreamsNet(), STREAMS)
    assert isinstance(model, StreamsClassifier)
    assert stages_of(model.backbone("motion")) == ("layer1", "layer2", "layer3")


def test_a_tail_has_nothing_that_a_checkpoint_would_keep() -> None:
    model, _ = _at_hand(CASES["conv3d"])
    holder = torch.nn.Module()
    holder.tail = head_part(model, 1)  # type: ignore[assignment]
    assert not holder.state_dict()


@pytest.mark.parametrize("k", [0, 4])
def test_there_is_no_tail_before_the_first_and_after_the_last_substage(k: int) -> None:
    model, _ = _at_hand(CASES["cifar_resnet"])
    with pytest.raises(AssertionError):
        head_part(model, k)


def test_the_tail_works_on_maps_that_another_network_made() -> None:
    model, _ = _at_hand(CASES["resnet"])
    foreign: Tensor = torch.randn(3, 8, 8, 8)
    assert head_part(model, 1)(foreign).shape == (3, 5)
