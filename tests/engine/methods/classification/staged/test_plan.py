"""The stages of a student."""

from __future__ import annotations

import pytest

from mtkd_engine.methods.classification.staged.plan import plan_of, whole_spec
from mtkd_engine.spec import SpecError
from mtkd_engine.spec.classification.staged import StagedSpec


def test_each_substage_has_a_stage_without_labels_and_the_whole_student_the_last() -> None:
    stages = plan_of(StagedSpec(), substages=3, epochs=20)
    assert [stage.name for stage in stages] == ["substage_1", "substage_2", "substage_3", "whole"]
    assert [stage.epochs for stage in stages] == [3, 3, 3, 11]
    assert [stage.needs_labels for stage in stages] == [False, False, False, True]
    assert [stage.rates for stage in stages] == [
        (1.0, 0.0, 0.0, 0.0),
        (0.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 1.0, 0.0),
        (1.0, 1.0, 1.0, 1.0),
    ]
    assert set(stages[0].losses) == {"hybrid", "distribution", "similarity"}
    assert dict(stages[3].losses) == pytest.approx({"hard": 0.3, "kd": 0.7})


def test_earlier_substages_may_follow_slowly() -> None:
    stages = plan_of(StagedSpec(earlier="slow"), substages=3, epochs=8)
    assert stages[2].rates == (0.1, 0.1, 1.0, 0.0)


def test_only_terms_with_a_weight_are_asked_for_and_the_first_substage_has_none_before_it() -> None:
    spec = StagedSpec(between_weight=2, distribution_weight=0, distill_share=1)
    stages = plan_of(spec, substages=2, epochs=8)
    assert dict(stages[0].losses) == {"hybrid": 1, "similarity": 100}
    assert dict(stages[1].losses) == {"hybrid": 1, "similarity": 100, "between": 2}
    assert dict(stages[2].losses) == {"kd": 1}
    assert not stages[2].needs_labels


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("epochs", [4, 5, 9, 200])
def test_all_epochs_are_shared_and_no_stage_has_none(share: float, epochs: int) -> None:
    stages = plan_of(StagedSpec(early_share=share), substages=3, epochs=epochs)
    assert sum(stage.epochs for stage in stages) == epochs
    assert min(stage.epochs for stage in stages) >= 1


def test_fewer_epochs_than_stages_are_refused() -> None:
    with pytest.raises(
        SpecError, match=r"optim.epochs: given 3 for a student of 3 substages, accepted are 4"
    ):
        plan_of(StagedSpec(), substages=3, epochs=3)


def test_the_last_stage_is_that_of_several_teachers() -> None:
    inner = whole_spec(StagedSpec(distill_share=0.25, temperature=2))
    assert (inner.hard_weight, inner.distill_weight, inner.temperature) == (0.75, 0.25, 2)
