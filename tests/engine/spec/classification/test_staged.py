"""What may be said of distillation in stages."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mtkd_engine.spec.classification.nets import CifarResNet
from mtkd_engine.spec.classification.staged import AssistantSpec, PseudoLabelSpec, StagedSpec


def test_what_is_not_said_has_a_default_that_is_accepted() -> None:
    spec = StagedSpec()
    assert spec.kind == "staged"
    assert spec.pseudo.enabled
    assert spec.assistants == ()
    assert StagedSpec.model_validate(spec.model_dump(mode="json")) == spec


def test_a_floor_above_the_threshold_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"floor: given 0.95 with the threshold 0.9"):
        PseudoLabelSpec(floor=0.95)


def test_a_first_substage_that_nothing_draws_is_refused() -> None:
    with pytest.raises(ValidationError, match="hybrid_weight: given 0"):
        StagedSpec(hybrid_weight=0, distribution_weight=0, similarity_weight=0, between_weight=1)


def test_at_most_three_assistants_are_accepted() -> None:
    one = AssistantSpec(net=CifarResNet())
    assert len(StagedSpec(assistants=(one,) * 3).assistants) == 3
    with pytest.raises(ValidationError, match="at most 3"):
        StagedSpec(assistants=(one,) * 4)
