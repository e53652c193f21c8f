"""Channels that come from the frames beside: what moves where, and where nothing may change."""

from __future__ import annotations

import copy

import pytest
import torch

from mtkd_engine.nets.classification.clips.backbones import backbone_of
from mtkd_engine.nets.classification.clips.shifting import shifted
from mtkd_engine.spec import ClipInput, FrameNet, ImageNetSpec, SpecError
from tests.engine.nets.classification.clips.small import CLIP, STAGED_IMAGES, VIT, built, given_to

every_backbone = pytest.mark.parametrize("backbone", STAGED_IMAGES.values(), ids=STAGED_IMAGES)


def test_by_hand_a_quarter_goes_onward_a_quarter_back_and_half_stays() -> None:
    first = torch.tensor([1.0, 2.0, 3.0, 4.0])
    maps = torch.stack([first, 10 * first, 100 * first])
    moved = shifted(maps.view(3, 4, 1, 1), frames=3, part=4).flatten(1)
    assert moved.tolist() == [[0, 20, 3, 4], [1, 200, 30, 40], [10, 0, 300, 400]]


def test_tokens_move_as_maps_do() -> None:
    maps = torch.randn(6, 8, 2, 2)
    tokens = maps.flatten(2).transpose(1, 2)
    moved = shifted(maps, frames=3, part=4)
    assert torch.equal(shifted(tokens, frames=3, part=4), moved.flatten(2).transpose(1, 2))


def test_nothing_passes_from_one_clip_to_another() -> None:
    maps = torch.randn(6, 8, 2, 2)
    maps[:3] = torch.nan
    both = shifted(maps, frames=3, part=4)
    assert torch.equal(both[3:], shifted(maps[3:], frames=3, part=4))


def test_channels_that_lie_last_stay_there() -> None:
    maps = torch.randn(6, 8, 2, 2)
    last = shifted(maps.contiguous(memory_format=torch.channels_last), frames=3, part=4)
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(last, shifted(maps, frames=3, part=4))


@every_backbone
def test_one_frame_gives_the_bits_of_the_image_network(backbone: ImageNetSpec) -> None:
    one = ClipInput(frames=1, size=32)
    net = built(FrameNet(backbone=backbone, temporal="shift"), one).eval()
    torch.manual_seed(0)
    image = backbone_of(backbone, field="backbone", classes=5, channels=3, size=32).eval()
    clip_BTCHW = given_to(one)
    assert isinstance(clip_BTCHW, torch.Tensor)
    assert torch.equal(net(clip_BTCHW), image(clip_BTCHW[:, 0]))


@every_backbone
def test_a_shift_of_no_channels_gives_the_bits_of_the_mean_over_frames(backbone: ImageNetSpec) -> None:
    clip_BTCHW = given_to(CLIP)
    still = built(FrameNet(backbone=backbone, temporal="shift", part=1024)).eval()
    pooled = built(FrameNet(backbone=backbone)).eval()
    assert torch.equal(still(clip_BTCHW), pooled(clip_BTCHW))


@every_backbone
def test_with_a_shift_the_order_of_frames_counts(backbone: ImageNetSpec) -> None:
    clip_BTCHW = given_to(CLIP)
    assert isinstance(clip_BTCHW, torch.Tensor)
    back_BTCHW = clip_BTCHW.flip(1)
    pooled = built(FrameNet(backbone=backbone)).eval()
    torch.testing.assert_close(pooled(clip_BTCHW), pooled(back_BTCHW))
    moving = built(FrameNet(backbone=backbone, temporal="shift", part=4)).eval()
    assert not torch.allclose(moving.features(clip_BTCHW), moving.features(back_BTCHW), atol=1e-4)


def test_it_happens_inside_the_residual_branches_and_not_around_them() -> None:
    net = built(FrameNet(temporal="shift"))
    hooked = [name for name, module in net.named_modules() if module._forward_pre_hooks]
    assert hooked == [f"backbone.layer{stage}.0.conv1" for stage in (1, 2, 3)]


def test_it_happens_where_stages_begin_when_blocks_have_no_branch_of_their_own() -> None:
    net = built(FrameNet(backbone=STAGED_IMAGES["swin"], temporal="shift"))
    hooked = [name for name, module in net.named_modules() if module._forward_pre_hooks]
    assert hooked == [f"backbone.net.swin.encoder.layers.{stage}" for stage in (0, 1)]


def test_a_copy_of_a_network_shifts_as_well() -> None:
    net = built(FrameNet(temporal="shift")).eval()
    clip_BTCHW = given_to(CLIP)
    assert torch.equal(copy.deepcopy(net)(clip_BTCHW), net(clip_BTCHW))


def test_an_image_network_with_nowhere_to_shift_is_refused() -> None:
    with pytest.raises(SpecError, match=r"net.temporal: given 'shift' with .* accepted is 'pool'"):
        built(FrameNet(backbone=VIT, temporal="shift"))
    assert built(FrameNet(backbone=VIT)).feature_width == 16


def test_a_clip_of_another_length_is_no_clip_for_a_shift() -> None:
    longer = given_to(ClipInput(frames=5, size=32))
    assert built(FrameNet())(longer).shape == (2, 5)
    with pytest.raises(AssertionError):
        built(FrameNet(temporal="shift"))(longer)
