"""The twin shares the blocks that the spec says, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.methods.twin import PARTS, Twin, own_encoder
from mtkd_engine.nets.grounding import SpanModel
from mtkd_engine.spec import IsomorphicSpec, SpanNet

NET = SpanNet(clips=8, width=16, heads=2, encoder_layers=2, dropout=0.0)
CHOICES = [(), ("words",), ("video",), ("convolutions",), ("words", "video"), ("video", "convolutions")]


@pytest.fixture
def student() -> SpanModel:
    return SpanModel(NET, feature_width=8, vocabulary_size=20)


def block_of(name: str) -> str:
    return next(block for block, parts in PARTS.items() if name.partition(".")[0] in parts)


def test_every_part_of_the_encoder_that_learns_belongs_to_one_block(student: SpanModel) -> None:
    named = [name for name, _ in student.encoder.named_parameters()]
    assert {block_of(name) for name in named} == set(PARTS)


def test_a_twin_that_shares_everything_has_no_encoder_of_its_own(student: SpanModel) -> None:
    assert own_encoder(student.encoder, shared=("convolutions", "video", "words")) is None


@pytest.mark.parametrize("shares", CHOICES, ids=lambda shares: "+".join(shares) or "nothing")
def test_shared_blocks_are_the_students_and_others_its_own(
    student: SpanModel, shares: tuple[str, ...]
) -> None:
    twin = own_encoder(student.encoder, shared=shares)
    assert twin is not None
    ours, theirs = dict(student.encoder.named_parameters()), dict(twin.named_parameters())
    assert ours.keys() == theirs.keys()
    for name, own in ours.items():
        assert (own is theirs[name]) == (block_of(name) in shares), name
        assert torch.equal(own, theirs[name]), "it begins where the student's begins"


@pytest.mark.parametrize("shares", [*CHOICES, tuple(PARTS)], ids=lambda shares: "+".join(shares) or "nothing")
def test_the_twins_loss_moves_of_the_students_encoder_what_is_shared(
    make: SimpleNamespace, student: SpanModel, shares: tuple[str, ...]
) -> None:
    spec = IsomorphicSpec.model_validate({"shares": shares})
    twin = Twin(NET, spec, student=student.encoder)
    inputs = make.inputs([8, 5], [3, 4], length=8)
    hidden_BLC = twin.states(inputs, student.encoder(inputs))
    twin.predict(hidden_BLC, inputs.clip_mask_BL).start_BL[inputs.clip_mask_BL].square().sum().backward()
    moved = {
        block_of(name) for name, parameter in student.encoder.named_parameters() if parameter.grad is not None
    }
    assert moved == set(shares)
    assert all(parameter.grad is None for parameter in student.head.parameters())


def test_a_twin_is_deeper_than_the_student_and_says_what_its_states_say(
    make: SimpleNamespace, student: SpanModel
) -> None:
    twin = Twin(NET, IsomorphicSpec(attention_layers=2), student=student.encoder)
    assert (len(student.head.attention), len(twin.attention)) == (0, 2)
    inputs = make.inputs([8, 5], [3, 4], length=8)
    encoded = student.encoder(inputs)
    said = twin.predict(twin.states(inputs, encoded), encoded.clip_mask_BL)
    assert torch.equal(said.start_BL, twin(encoded).start_BL)
