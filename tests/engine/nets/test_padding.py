"""Padding never counts: not its content, not its length, not the other samples of the batch."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding import GroundingInputs, ProposalOutput, RegressionOutput, SpanOutput
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet

NETS: dict[str, NetSpec] = {
    "span": SpanNet(clips=12, width=16, kernel=5),
    "span with attention": SpanNet(clips=12, width=16, kernel=5, attention_layers=2),
    "map2d": Map2dNet(clips=12, width=16),
    "proposal": ProposalNet(clips=12, width=16, anchors=3),
    "regression": RegressionNet(clips=12, width=16),
}


@pytest.fixture(params=NETS, ids=lambda name: name)
def model(request: pytest.FixtureRequest) -> nn.Module:
    return build(NETS[request.param], feature_width=8, vocabulary_size=20).eval()


@pytest.fixture
def inputs(make: SimpleNamespace) -> GroundingInputs:
    batch: GroundingInputs = make.inputs([9, 4, 1], [5, 2, 7], length=9)
    return batch


def logits(output: Any) -> list[Tensor]:
    if isinstance(output, SpanOutput):
        return [output.start_BL, output.end_BL]
    if isinstance(output, RegressionOutput):
        return [output.scores_BK, *output.windows_BK2.unbind(2)]
    if isinstance(
        output, ProposalOutput
    ):  # 3 anchors a clip; lined up by clip, so that a cut drops whole clips
        windows_BLA2 = output.windows_BK2.unflatten(1, (-1, 3))
        return [output.scores_BK.unflatten(1, (-1, 3)), windows_BLA2[..., 0], windows_BLA2[..., 1]]
    return [output.map_BLL]


def test_what_lies_in_the_padding_changes_no_bit(model: nn.Module, inputs: GroundingInputs) -> None:
    littered = replace(
        inputs,
        features_BLD=inputs.features_BLD.masked_fill(~inputs.clip_mask_BL.unsqueeze(-1), torch.nan),
        words_BW=torch.where(inputs.word_mask_BW, inputs.words_BW, 7),
    )
    for clean, dirty in zip(logits(model(inputs)), logits(model(littered)), strict=True):
        assert torch.equal(clean, dirty)


def test_longer_padding_changes_nothing(model: nn.Module, inputs: GroundingInputs) -> None:
    pad = nn.functional.pad
    longer = GroundingInputs(
        features_BLD=pad(inputs.features_BLD, (0, 0, 0, 3), value=5.0),
        clip_mask_BL=pad(inputs.clip_mask_BL, (0, 3)),
        words_BW=pad(inputs.words_BW, (0, 4), value=3),
        word_mask_BW=pad(inputs.word_mask_BW, (0, 4)),
    )
    for short, long in zip(logits(model(inputs)), logits(model(longer)), strict=True):
        cut = long[tuple(slice(size) for size in short.shape)]
        torch.testing.assert_close(short, cut, rtol=1e-5, atol=1e-5)


def test_other_samples_of_the_batch_change_nothing(model: nn.Module, inputs: GroundingInputs) -> None:
    alone = GroundingInputs(
        inputs.features_BLD[1:2], inputs.clip_mask_BL[1:2], inputs.words_BW[1:2], inputs.word_mask_BW[1:2]
    )
    for together, single in zip(logits(model(inputs)), logits(model(alone)), strict=True):
        torch.testing.assert_close(together[1:2], single, rtol=1e-5, atol=1e-5)


def test_the_padding_gets_no_gradient(model: nn.Module, inputs: GroundingInputs) -> None:
    features_BLD = inputs.features_BLD.clone().requires_grad_()
    output = model(replace(inputs, features_BLD=features_BLD))
    torch.stack([part[part > -1e3].sum() for part in logits(output)]).sum().backward()  # type: ignore[no-untyped-call]
    assert features_BLD.grad is not None
    reached_BL = features_BLD.grad.abs().sum(2) > 0
    assert torch.equal(reached_BL, inputs.clip_mask_BL)
