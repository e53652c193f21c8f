"""Every family of networks that read clips: built from its spec, without memory, and as an ONNX program."""

from __future__ import annotations

import copy
import importlib.util
from typing import Any

import pytest
import torch

from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import SpecError
from tests.engine.nets.classification.clips.small import (
    CLIP,
    FEATURES,
    ONE_OF_EACH,
    STREAMS,
    built,
    given_to,
)

MISSING = [name for name in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(name) is None]
every_family = pytest.mark.parametrize(("net", "reads"), ONE_OF_EACH.values(), ids=ONE_OF_EACH)


@every_family
def test_names_and_shapes_are_known_without_memory(net: Any, reads: Any) -> None:
    with shapes_only():
        shapes = built(net, reads)
    model = built(net, reads)
    assert all(tensor.is_meta for tensor in shapes.parameters())
    described = [(name, tensor.shape, tensor.dtype) for name, tensor in shapes.state_dict().items()]
    assert described == [(name, tensor.shape, tensor.dtype) for name, tensor in model.state_dict().items()]


@every_family
def test_the_same_seed_gives_the_same_bits_and_a_copy_says_the_same(net: Any, reads: Any) -> None:
    given = given_to(reads)
    model = built(net, reads).eval()
    logits_BC = model(given)
    assert logits_BC.shape == (2, 5)
    assert torch.equal(built(net, reads).eval()(given), logits_BC)
    assert torch.equal(copy.deepcopy(model)(given), logits_BC)


@pytest.mark.parametrize(
    ("family", "reads", "wanted"),
    [
        ("frames", STREAMS, "clip"),
        ("conv3d", FEATURES, "clip"),
        ("videomae", FEATURES, "clip"),
        ("streams", CLIP, "streams"),
        ("sequence", CLIP, "features"),
    ],
)
def test_what_a_network_does_not_read_is_refused(family: str, reads: Any, wanted: str) -> None:
    net = ONE_OF_EACH[family][0]
    sentence = rf"input.kind: given '{reads.kind}' with a network of family '\w+', accepted is '{wanted}'"
    with pytest.raises(SpecError, match=sentence):
        built(net, reads)
