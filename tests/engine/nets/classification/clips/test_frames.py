"""An image network on every frame: the mean over them, the names of tensors, and what is refused where."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.nets.classification.clips.backbones import backbone_of
from mtkd_engine.nets.classification.clips.frames import FrameClassifier
from mtkd_engine.spec import CifarResNet, FrameNet, ImageNetSpec, SpecError
from tests.engine.nets.classification.clips.small import CLIP, STAGED_IMAGES, VIT, built, given_to, of_type


@pytest.mark.parametrize("backbone", [CifarResNet(), STAGED_IMAGES["resnet"], VIT])
def test_features_are_the_mean_of_those_of_the_frames(backbone: ImageNetSpec) -> None:
    net = built(FrameNet(backbone=backbone)).eval()
    assert isinstance(net, FrameClassifier)
    clip_BTCHW = given_to(CLIP)
    assert isinstance(clip_BTCHW, torch.Tensor)
    features_BF = net.features(clip_BTCHW)
    assert features_BF.shape == (2, net.feature_width)
    each = torch.stack([net.backbone.features(frame) for frame in clip_BTCHW.unbind(1)])
    torch.testing.assert_close(features_BF, each.mean(0))
    assert torch.equal(net(clip_BTCHW), net.head(features_BF))


@pytest.mark.parametrize("temporal", ["pool", "shift"])
@pytest.mark.parametrize("backbone", [CifarResNet(), STAGED_IMAGES["resnet"]])
def test_an_image_networks_parameters_fit_behind_one_word(backbone: ImageNetSpec, temporal: str) -> None:
    image = backbone_of(backbone, field="backbone", classes=5, channels=3, size=32)
    given = {f"backbone.{name}": tensor for name, tensor in image.state_dict().items()}
    net = built(FrameNet.model_validate({"backbone": backbone, "temporal": temporal}))
    assert list(net.state_dict()) == list(given)
    net.load_state_dict(given)


def test_what_is_wrong_with_the_image_network_is_said_of_it() -> None:
    with pytest.raises(SpecError, match=r"net.backbone.config: given the key 'depth'"):
        built(FrameNet(backbone=of_type("resnet", depth=3)))


def test_frames_in_any_order_of_memory_give_the_same() -> None:
    net = built(FrameNet(temporal="shift")).eval()
    clip_BTCHW = given_to(CLIP)
    assert isinstance(clip_BTCHW, torch.Tensor)
    last = clip_BTCHW.flatten(0, 1).contiguous(memory_format=torch.channels_last).view(clip_BTCHW.shape)
    assert not last.is_contiguous()
    torch.testing.assert_close(net(last), net(clip_BTCHW))
