"""Checkpoints of SegFormer and UperNet keep in files the names that the library gives them, in any of its versions."""

from __future__ import annotations

import pytest

from mtkd_engine.nets.registry import build_for, build_student, expected_tensors, older_names
from mtkd_engine.spec import SegmenterCard, SpecError, UperNet
from tests.engine.nets.dense.networks import CLASSES, PICTURE, PICTURE_NETS, segmenter


def test_tensors_are_named_as_the_library_names_them() -> None:
    names = set(expected_tensors(segmenter(PICTURE_NETS["segformer"])))
    assert {name.split(".")[0] for name in names} == {"segformer", "decode_head"}
    names = set(expected_tensors(segmenter(PICTURE_NETS["upernet"])))
    assert {name.split(".")[0] for name in names} == {"backbone", "decode_head"}


@pytest.mark.parametrize(
    ("net", "older"),
    [
        (
            "segformer",
            ("segformer.encoder.block.0.0.attention.self.query.weight", "decode_head.linear_c.0.proj.weight"),
        ),
        ("upernet over swin", ("backbone.encoder.layers.0.blocks.0.attention.self.query.weight",)),
    ],
)
def test_names_of_older_versions_are_known(net: str, older: tuple[str, ...]) -> None:
    card = SegmenterCard(net=UperNet(), classes=CLASSES) if "swin" in net else segmenter(PICTURE_NETS[net])
    here, wanted = older_names(card, older), expected_tensors(card)
    assert set(here) == set(older)
    assert all(name in wanted for name in here.values())


def test_the_default_upernet_is_small() -> None:
    card = SegmenterCard(net=UperNet(), classes=CLASSES)
    assert sum(tensor.numel() for tensor in build_for(card).parameters()) < 1_500_000


@pytest.mark.parametrize(
    ("net", "field"),
    [
        ({"family": "segformer", "config": {"num_labels": 5}}, "net.config"),
        (
            {"family": "upernet", "backbone": {"model_type": "swin", "config": {"x": 1}}},
            "net.backbone.config",
        ),
        ({"family": "segformer", "config": {"hidden_sizes": [20000, 20000, 20000, 20000]}}, "net.config"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(net: dict[str, object], field: str) -> None:
    if field.startswith("net.backbone"):
        net["backbone"] = {"family": "transformers", **net["backbone"]}  # type: ignore[dict-item]
    with pytest.raises(SpecError) as refused:
        build_for(segmenter(net, input=PICTURE))
    assert list(refused.value.fields) == [field]


def test_what_a_job_refuses_is_named_as_its_spec_names_it() -> None:
    with pytest.raises(SpecError) as refused:
        build_student(segmenter({"family": "segformer", "config": {"num_labels": 5}}, input=PICTURE))
    assert list(refused.value.fields) == ["student.net.config"]
