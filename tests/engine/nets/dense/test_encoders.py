from __future__ import annotations

import pytest
import torch

from mtkd_engine.nets.classification.from_transformers import ENCODERS
from mtkd_engine.nets.dense.encoders import encoder
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import CifarResNet, PictureInput, PyramidNet, SpecError, TimmNet, TransformersNet
from tests.engine.nets.dense.networks import BACKBONES, built, given_to, of_library, segmenter

READS = PictureInput(height=32, width=48)


def test_every_type_that_is_accepted_is_tried_here() -> None:
    assert tuple(sorted(BACKBONES)) == ENCODERS


@pytest.mark.parametrize("kind", BACKBONES)
def test_an_image_network_gives_maps_that_shrink_and_trains_as_a_whole(kind: str) -> None:
    torch.manual_seed(0)
    net = encoder(TransformersNet.model_validate(of_library(kind)), reads=READS)
    maps = net.levels(torch.randn(2, 3, READS.height, READS.width))
    assert [one.shape[1] for one in maps] == list(net.widths)
    assert [tuple(one.shape[2:]) for one in maps] == list(net.sizes)
    sizes = [height for height, _ in net.sizes]
    assert sizes == sorted(sizes, reverse=True)
    assert kind == "vit" or len(set(sizes)) == len(sizes)
    sum((one * torch.randn_like(one)).sum() for one in maps).backward()
    assert [name for name, tensor in net.named_parameters() if tensor.grad is None] == []


def test_a_small_residual_network_gives_its_three_stages() -> None:
    net = encoder(CifarResNet(depth=8), reads=READS)
    assert (net.widths, net.sizes) == ((16, 32, 64), ((32, 48), (16, 24), (8, 12)))


@pytest.mark.parametrize(("stride", "cells"), [(1, (32, 40)), (2, (16, 20)), (4, (8, 10)), (32, (8, 10))])
def test_the_stride_says_how_fine_the_output_is(stride: int, cells: tuple[int, int]) -> None:
    card = segmenter({"family": "pyramid", "width": 8, "stride": stride})
    assert tuple(built(card)(given_to(card)).shape[2:]) == cells


@pytest.mark.parametrize(
    ("net", "field", "words"),
    [
        ({"family": "transformers", "model_type": "pvt"}, "net.model_type", "'convnext'"),
        (
            {"family": "transformers", "model_type": "resnet", "config": {"hiden_sizes": [8]}},
            "net.backbone.config",
            "near are 'hidden_sizes'",
        ),
        (
            {"family": "transformers", "model_type": "vit", "config": {"patch_size": 64}},
            "net.backbone.config",
            "cannot read images of 32 x 48 pixels",
        ),
    ],
)
def test_what_cannot_be_an_encoder_is_refused_with_its_field(
    net: dict[str, object], field: str, words: str
) -> None:
    card = segmenter({"family": "pyramid", "backbone": net}, input=READS.model_dump())
    with pytest.raises(SpecError) as refused:
        build_for(card)
    ((where, sentence),) = refused.value.fields.items()
    assert where == field
    assert words in sentence


def test_timm_is_asked_for_by_its_field_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtkd_engine.nets.classification.from_timm.importlib.util.find_spec", lambda _: None)
    with pytest.raises(SpecError) as refused:
        build_for(segmenter(PyramidNet(backbone=TimmNet(name="resnet18")).model_dump()))
    assert list(refused.value.fields) == ["net.backbone.name"]
