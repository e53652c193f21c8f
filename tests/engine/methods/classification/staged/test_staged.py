"""A student that learns in stages: what moves in each, what rests, and what nobody may know."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import mix
from mtkd_engine.events import Weights
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.spec import GradientSpec
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.tasks.classification.losses import hard_label_loss, kd
from tests.engine.methods.classification.staged.steps import (
    EASY,
    changed_since,
    measure,
    take_step,
    take_steps,
    tensors_of,
)
from tests.engine.methods.classification.staged.studio import (
    SAMPLES,
    apprentice,
    small,
    some_labelled,
    teachers,
)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_stage_moves_its_substage_and_adapters_and_no_statistics_of_what_rests(k: int) -> None:
    method, train = apprentice(StagedSpec(between_weight=1))
    method.enter(method.plan[k - 1])
    before = tensors_of(method)
    take_steps(method, train)
    own = (f"student.stages.{k - 1}.", f"substages.adapters.{k - 1}.", *(["student.stem."] if k == 1 else []))
    moved = changed_since(method, before)
    assert moved == {name for name in before if name.startswith(own)}
    assert f"student.stages.{k - 1}.1.running_mean" in moved
    assert f"substages.adapters.{k - 1}.1.norm.running_mean" in moved


def test_slow_substages_move_by_a_tenth_of_the_rate() -> None:
    spec = StagedSpec(earlier="slow")
    apart: dict[float, Tensor] = {}
    for factor in (1.0, 0.1):
        method, train = apprentice(spec)
        method.enter(method.plan[1])
        assert [group["factor"] for group in method.groups()] == [1.0, 0.1]
        optimizer = torch.optim.SGD(method.groups(), lr=0.05)
        for group in optimizer.param_groups:
            group["lr"] *= group["factor"] if factor < 1 else 1.0
        before = tensors_of(method)
        take_step(method, train.at_view(-1, range(16)), optimizer)
        apart[factor] = tensors_of(method)["student.stages.0.0.weight"] - before["student.stages.0.0.weight"]
        assert "student.stages.2.0.weight" not in changed_since(method, before)
    assert apart[1.0].abs().max() > 0
    torch.testing.assert_close(apart[0.1], 0.1 * apart[1.0], rtol=1e-3, atol=1e-8)


def test_the_factor_of_a_group_survives_in_the_state_of_an_optimiser() -> None:
    method, _ = apprentice(StagedSpec(earlier="slow"))
    method.enter(method.plan[2])
    optimizer = torch.optim.AdamW(method.groups(), lr=0.1)
    other = torch.optim.AdamW(method.groups(), lr=0.1)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert [group["factor"] for group in other.param_groups] == [1.0, 0.1]
    fitted = [parameter for group in other.param_groups for parameter in group["params"]]
    assert all(one is two for one, two in zip(method.fitted(), fitted, strict=True))


def test_the_last_stage_moves_the_whole_student_and_no_adapter() -> None:
    method, train = apprentice()
    method.enter(method.plan[-1])
    before = tensors_of(method)
    said = take_steps(method, train)
    moved = changed_since(method, before)
    assert moved == {name for name in before if name.startswith("student.")}
    assert set(said[0]) == {"hard", "kd"}


def test_the_last_stage_is_labels_and_soft_labels_by_their_shares() -> None:
    method, train = apprentice(StagedSpec(distill_share=0.25))
    method.enter(method.plan[-1])
    method.eval()
    batch = train.at_view(-1, range(12))
    signals, _ = method._tapped.look(batch)
    terms = method.terms(batch)
    logits_BC = method._sight.look(batch.inputs).logits_BC
    target_BC = mix(torch.full((12, 2), 0.5), signals, temperature=4.0, space="probability")
    soft_B = kd(logits_BC, target_BC, temperature=4.0)
    torch.testing.assert_close(terms.losses["hard"], 0.75 * hard_label_loss(logits_BC, batch))
    torch.testing.assert_close(terms.losses["kd"], 0.25 * soft_B.mean(), rtol=1e-4, atol=1e-5)


def test_teachers_stay_as_they_are_and_out_of_every_checkpoint() -> None:
    masters = teachers()
    before = [copy.deepcopy(tutor.cut.net.state_dict()) for tutor in masters.tutors]
    method, train = apprentice(masters=masters)
    for stage in method.plan:
        method.enter(stage)
        take_steps(method, train)
    for tutor, state in zip(masters.tutors, before, strict=True):
        assert all(torch.equal(value, tutor.cut.net.state_dict()[name]) for name, value in state.items())
        assert all(parameter.grad is None for parameter in tutor.cut.net.parameters())
        assert not tutor.cut.net.training
    assert {name.split(".")[0] for name in method.state_dict()} == {"student", "substages", "_extra_state"}


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_stop_inside_a_stage_changes_no_bit(place: int) -> None:
    spec = StagedSpec(pseudo=EASY, earlier="slow")
    whole, train = apprentice(spec, labelled=some_labelled())
    whole.enter(whole.plan[place])
    optimizer = torch.optim.SGD(whole.groups(), lr=0.02, momentum=0.9)
    held: dict[str, Any] = {}
    for step in range(6):
        if step == 3:
            held = copy.deepcopy({"method": whole.state_dict(), "optimizer": optimizer.state_dict()})
        take_step(whole, train.at_view(-1, [(16 * step + n) % SAMPLES for n in range(16)]), optimizer)
    after, _ = apprentice(spec, labelled=some_labelled(), student=small(9))
    after.load_state_dict(held["method"])
    assert after.stage == whole.stage
    optimizer = torch.optim.SGD(after.groups(), lr=0.02, momentum=0.9)
    optimizer.load_state_dict(held["optimizer"])
    for step in range(3, 6):
        take_step(after, train.at_view(-1, [(16 * step + n) % SAMPLES for n in range(16)]), optimizer)
    expected = tensors_of(whole)
    assert all(torch.equal(value, expected[name]) for name, value in tensors_of(after).items())


def test_a_substage_is_chosen_by_its_loss_on_validation_and_the_student_by_top_1() -> None:
    method, _ = apprentice()
    before = tensors_of(method)
    score, values, events = measure(method)
    weighed = sum(weight * values[f"val/{name}"] for name, weight in method.stage.losses.items())
    assert score == pytest.approx(-weighed)
    assert values["val/loss"] == pytest.approx(weighed)
    assert 0 <= values["val/hybrid_top1"] <= 1
    assert any(isinstance(event, Weights) for event in events)
    assert not changed_since(method, before)
    method.enter(method.plan[-1])
    score, values, _ = measure(method)
    assert score == values["val/top1"]
    assert "val/loss" not in values


def test_a_stage_draws_the_student_nearer() -> None:
    method, train = apprentice()
    for stage in method.plan:
        method.enter(stage)
        said = [sum(terms.values()) for terms in take_steps(method, train, steps=19)]
        assert said[-1] < 0.9 * said[0]  # the same samples: there are three batches of them


def test_who_taught_whom_is_told_in_every_stage() -> None:
    method, train = apprentice()
    for stage in method.plan:
        method.enter(stage)
        terms = method.terms(train.at_view(-1, range(4)))
        assert method.last_weights is not None
        ids, weights_BHT = method.last_weights
        assert ids == ["train 0", "train 1", "train 2", "train 3"]
        assert weights_BHT.shape == (4, 1, 2)
        assert set(terms.observed) == {"weight/teacher 0", "weight/teacher 1"}


def test_who_asks_the_student_weighs_evenly_until_its_head_has_learned() -> None:
    method, train = apprentice(StagedSpec(aggregator=GradientSpec(tolerance=1.0)))
    even = torch.full((16, 1, 2), 0.5)
    for stage in method.plan:
        method.enter(stage)
        method.terms(train.at_view(-1, range(16)))
        assert method.last_weights is not None
        assert torch.equal(method.last_weights[1], even) == (stage.substage is not None)
        with torch.no_grad():
            measured = method.eval().measure(step=1)
        assert measured.weights_NHT is not None
        assert torch.equal(measured.weights_NHT, even[:6]) == (stage.substage is not None)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_what_comes_after_a_substage_does_not_run_and_nothing_is_lost_by_it(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, ran = [], []
    for asks in (True, False):
        method, train = apprentice(StagedSpec(between_weight=1, pseudo=EASY), labelled=some_labelled())
        monkeypatch.setattr(Staged, "_asks_for_answers", asks)
        method.enter(method.plan[k - 1])
        calls = [0, 0, 0, 0]
        for place, module in enumerate((*method.student.stages, method.student.linear)):  # type: ignore[misc]
            module.register_forward_pre_hook(lambda *_, place=place, calls=calls: _count(calls, place))
        said.append((take_steps(method, train, steps=3), tensors_of(method)))
        ran.append(calls)
    assert ran == [[3, 3, 3, 3], [3] * k + [0] * (4 - k)]
    (losses, whole), (same, part) = said
    assert losses == same
    assert all(torch.equal(value, part[name]) for name, value in whole.items())


def _count(calls: list[int], place: int) -> None:
    calls[place] += 1


def test_an_aggregator_that_takes_features_gets_those_of_the_student_in_every_stage() -> None:
    method, train = apprentice()
    assert not method._asks_for_answers
    method.aggregator.takes_features = True  # type: ignore[misc]
    for stage in method.plan[:-1]:
        method.enter(stage)
        seen = method._observed(train.at_view(-1, range(4))).seen
        assert seen.logits_BC.shape == (4, 4)


def test_the_student_itself_carries_nothing_of_its_stages() -> None:
    method, train = apprentice()
    take_steps(method, train)
    assert set(method.student.state_dict()) == set(small(0).state_dict())
    assert all(isinstance(module, nn.Module) for module in method.student.modules())
