"""A network for each stream: what is averaged, how it is mixed, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.classification.clips import Streams, StreamsClassifier
from mtkd_engine.spec import CifarResNet, ImageNetSpec, SpecError, StreamsInput, StreamsNet
from tests.engine.nets.classification.clips.small import STAGED_IMAGES, STREAMS, built, given_to, of_type


def _model(
    net: StreamsNet | None = None, *, reads: StreamsInput = STREAMS, classes: int = 5
) -> StreamsClassifier:
    model = built(net or StreamsNet(), reads, classes=classes)
    assert isinstance(model, StreamsClassifier)
    return model.eval()


def _given() -> Streams:
    given = given_to(STREAMS)
    assert isinstance(given, Streams)
    return given


@pytest.mark.parametrize("backbone", [CifarResNet(), STAGED_IMAGES["resnet"], STAGED_IMAGES["convnext"]])
def test_a_streams_logits_are_the_mean_of_those_of_its_segments(backbone: ImageNetSpec) -> None:
    model = _model(StreamsNet(iframe=backbone, motion=backbone, residual=backbone))
    given = _given()
    said = model.streams(given)
    assert list(said) == ["iframe", "motion", "residual"]
    iframe = [model.backbone("iframe")(maps) for maps in given.iframe_BSCHW.unbind(1)]
    motion = [
        model.backbone("motion")(model.get_submodule("motion_norm")(maps))
        for maps in given.motion_BSCHW.unbind(1)
    ]
    torch.testing.assert_close(said["iframe"], torch.stack(iframe).mean(0))
    torch.testing.assert_close(said["motion"], torch.stack(motion).mean(0))


def test_logits_are_mixed_two_to_one_to_one() -> None:
    model, given = _model(), _given()
    said = model.streams(given)
    mixed_BC = (2 * said["iframe"] + said["motion"] + said["residual"]) / 4
    torch.testing.assert_close(model(given), mixed_BC)
    assert torch.equal(model(given), model.head(model.features(given)))


@pytest.mark.parametrize(
    ("left_out", "shares"),
    [
        (["residual"], [2 / 3, 1 / 3]),
        (["iframe"], [0.5, 0.5]),
        (["motion", "residual"], [1.0]),
        (["iframe", "residual"], [1.0]),
    ],
)
def test_weights_are_brought_to_one_over_the_streams_there_are(
    left_out: list[str], shares: list[float]
) -> None:
    model = _model(StreamsNet.model_validate(dict.fromkeys(left_out)))
    torch.testing.assert_close(model.fusion, torch.tensor(shares))
    assert not [name for name in model.state_dict() if name.startswith(tuple(left_out))]


def test_a_single_stream_says_what_its_network_says_to_the_bit() -> None:
    model = _model(StreamsNet(iframe=None, residual=None))
    given = _given()
    assert torch.equal(model(given), model.streams(given)["motion"])


def test_a_stream_that_is_left_out_is_not_read() -> None:
    model, given = _model(StreamsNet(residual=None)), _given()
    empty = given._replace(residual_BSCHW=torch.full((2, 0), torch.nan))
    assert torch.equal(model(empty), model(given))


def test_features_stand_one_stream_after_the_other() -> None:
    model, given = _model(StreamsNet(motion=CifarResNet(factor=4))), _given()
    features_BF = model.features(given)
    assert features_BF.shape == (2, model.feature_width) == (2, 64 + 256 + 64)
    alone = _model(StreamsNet(motion=None, residual=None))
    alone.backbone("iframe").load_state_dict(model.backbone("iframe").state_dict())
    assert torch.equal(features_BF[:, :64], alone.features(given))


def test_the_spread_of_motion_and_residuals_is_learned_and_does_not_count_in_training() -> None:
    model, given = _model().train(), _given()
    louder = given._replace(motion_BSCHW=30 * given.motion_BSCHW + 7)
    torch.testing.assert_close(
        model.streams(given)["motion"], model.streams(louder)["motion"], rtol=1e-3, atol=1e-3
    )
    norms = sorted({name.split(".")[0] for name in model.state_dict() if "_norm" in name})
    assert norms == ["motion_norm", "residual_norm"]


def test_fitted_weights_go_with_the_parameters() -> None:
    model, given = _model(), _given()
    model.set_fusion({"residual": 3.0, "iframe": 0.0, "motion": 1.0})
    other = _model()
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other.fusion, torch.tensor([0.0, 0.25, 0.75]))
    assert torch.equal(other(given), model(given))
    assert not any(parameter is other.fusion for parameter in other.parameters())


@pytest.mark.parametrize("weights", [{"iframe": 1.0}, dict.fromkeys(["iframe", "motion", "residual"], 0.0)])
def test_weights_are_given_for_every_stream_and_not_all_of_them_none(weights: dict[str, float]) -> None:
    with pytest.raises(AssertionError):
        _model().set_fusion(weights)


def _resnet(depths: list[int], *, layer_type: str = "basic", **config: Any) -> ImageNetSpec:
    widths = [64, 128, 256, 512]
    wide = widths if layer_type == "basic" else [4 * width for width in widths]
    return of_type("resnet", depths=depths, layer_type=layer_type, hidden_sizes=wide, **config)


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (_resnet([2, 2, 2, 2]), 11_689_512),
        (_resnet([3, 4, 6, 3]), 21_797_672),
        (_resnet([3, 4, 6, 3], layer_type="bottleneck"), 25_557_032),
    ],
    ids=["18", "34", "50"],
)
def test_published_residual_networks_have_their_published_numbers_of_parameters(
    net: ImageNetSpec, parameters: int
) -> None:
    reads = StreamsInput(size=224)
    with torch.device("meta"):
        model = _model(StreamsNet(iframe=net, motion=net, residual=None), reads=reads, classes=1000)
    assert _count(model.backbone("iframe")) == parameters
    assert _count(model.backbone("motion")) == parameters - 64 * 7 * 7


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_what_is_wrong_with_a_streams_network_is_said_of_that_stream() -> None:
    with pytest.raises(SpecError, match=r"net.motion.config: given the key 'depth'"):
        _model(StreamsNet(motion=of_type("resnet", depth=3)))


def test_gradients_reach_every_stream() -> None:
    model = _model().train()
    loss: Tensor = model(_given()).square().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in model.parameters())
