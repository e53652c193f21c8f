"""How a student is run in training."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mtkd_engine.methods.classification.sight import LAST, Sight
from mtkd_engine.nets.classification import Classifier, build_classifier
from mtkd_engine.spec import CifarResNet, ClassOptimSpec, ImageInput

READS = ImageInput(size=16)


def student() -> Classifier:
    torch.manual_seed(0)
    return build_classifier(CifarResNet(depth=8), classes=5, input=READS)


def images(samples: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (samples, 3, 16, 16), dtype=torch.uint8, generator=generator)


def test_logits_features_and_taps_come_of_one_pass() -> None:
    model = student().eval()
    seen = Sight(model, READS, paths=["layer2", LAST]).look(images())
    assert seen.logits_BC.shape == (4, 5)
    assert torch.equal(seen.taps[LAST], seen.features_BF)
    assert torch.equal(model.head(seen.features_BF), seen.logits_BC)
    assert seen.taps["layer2"].shape == (4, 32, 8, 8)


def test_half_precision_and_another_memory_order_change_little_and_give_whole_logits() -> None:
    exact = Sight(student().eval(), READS).look(images())
    optim = ClassOptimSpec(precision="bfloat16", channels_last=True)
    model = student().eval()
    other = Sight(model, READS, optim=optim).look(images())
    assert other.logits_BC.dtype == torch.float32
    assert torch.allclose(other.logits_BC, exact.logits_BC, atol=0.1)
    assert not torch.equal(other.logits_BC, exact.logits_BC)
    assert next(model.parameters()).dtype == torch.float32


def test_taps_are_there_after_compilation_and_parameters_keep_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plainly = nn.Module.compile

    def whole(module: nn.Module, *given: Any, **named: Any) -> None:
        plainly(module, backend="aot_eager", fullgraph=True, dynamic=named["dynamic"])

    monkeypatch.setattr(nn.Module, "compile", whole)
    torch.compiler.reset()
    model = student().eval()
    names = list(model.state_dict())
    sight = Sight(model, READS, optim=ClassOptimSpec(compile=True), paths=["layer3"])
    seen = sight.look(images())
    expected = Sight(student().eval(), READS, paths=["layer3"]).look(images())
    assert torch.allclose(seen.taps["layer3"], expected.taps["layer3"], atol=1e-5)
    assert torch.allclose(seen.logits_BC, expected.logits_BC, atol=1e-5)
    assert list(model.state_dict()) == names
