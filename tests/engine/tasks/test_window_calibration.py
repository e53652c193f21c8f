"""One temperature for scored windows: it makes the truth likeliest, and takes a teacher's scale away."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.nets.grounding import ProposalOutput
from mtkd_engine.tasks.grounding import (
    Belief,
    ScoredWindows,
    Targets,
    fit_temperature,
    fit_window_temperature,
    unify,
)
from mtkd_engine.tasks.grounding.windows import in_seconds

SAMPLES, PROPOSED, CLIPS = 400, 6, 12
Held = tuple[ProposalOutput, Targets]


@pytest.fixture(scope="module")
def held_out(make: SimpleNamespace) -> Held:
    """A teacher whose logits are three times as sharp as its hits: of its windows one is true."""
    output = make.proposal([PROPOSED] * SAMPLES, length=PROPOSED, scale=6.0, seed=2)
    targets = make.targets([CLIPS] * SAMPLES, length=CLIPS)
    chosen = torch.distributions.Categorical(logits=output.scores_BK / 3.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        true_B = chosen.sample()  # type: ignore[no-untyped-call]
    truths_B2 = in_seconds(output, targets.durations_B).windows_BK2[torch.arange(SAMPLES), true_B]
    truths = truths_B2.unsqueeze(1).tolist()
    return output, make.targets_for(truths, clips=[CLIPS] * SAMPLES, length=CLIPS, duration=30.0)


def belief(held: Held, temperature: float) -> Belief:
    output, targets = held
    return unify(
        output,
        temperature=temperature,
        durations_B=targets.durations_B,
        student_clips_B=targets.clips_B,
        student_length=CLIPS,
    )


def part(held: Held, rows: slice) -> Held:
    output, targets = held
    return (
        ProposalOutput(
            output.windows_BK2[rows], output.scores_BK[rows], output.valid_BK[rows], output.clip_mask_BL[rows]
        ),
        replace(
            targets,
            **{item.name: getattr(targets, item.name)[rows] for item in fields(targets)},
        ),
    )


def test_the_temperature_of_an_overconfident_teacher_is_found(held_out: Held) -> None:
    assert fit_temperature([held_out]) == pytest.approx(3.0, rel=0.2)


def test_batches_count_by_their_samples(held_out: Held) -> None:
    parts = [part(held_out, slice(0, 70)), part(held_out, slice(70, SAMPLES))]
    assert fit_temperature(parts) == pytest.approx(fit_temperature([held_out]), rel=1e-6)


@pytest.mark.parametrize("factor", [0.001, 10.0, 1000.0])
def test_the_scale_of_logits_leaves_no_trace_in_the_belief(held_out: Held, factor: float) -> None:
    output, targets = held_out
    scaled = replace(output, scores_BK=factor * output.scores_BK), targets
    temperatures = fit_temperature([held_out]), fit_temperature([scaled])
    assert temperatures[1] == pytest.approx(factor * temperatures[0], rel=1e-4)
    torch.testing.assert_close(
        belief(held_out, temperatures[0]).log_joint_BLL,
        belief(scaled, temperatures[1]).log_joint_BLL,
        rtol=1e-3,
        atol=1e-3,
    )


def test_any_of_several_true_windows_will_do(make: SimpleNamespace, held_out: Held) -> None:
    output, targets = held_out
    several = [[[0.0, 30.0], *window_12] for window_12 in targets.windows_BM2.tolist()]
    found = make.targets_for(several, clips=[CLIPS] * SAMPLES, length=CLIPS, duration=30.0)
    assert fit_temperature([(output, found)]) == pytest.approx(3.0, rel=0.25)


def test_samples_without_a_window_have_no_say(held_out: Held) -> None:
    scored = in_seconds(held_out[0], held_out[1].durations_B)
    silent_BK = scored.valid_BK.clone()
    silent_BK[200:] = False
    half, half_targets = part(held_out, slice(0, 200))
    assert fit_window_temperature([(replace(scored, valid_BK=silent_BK), held_out[1])]) == pytest.approx(
        fit_temperature([(half, half_targets)]), rel=1e-6
    )


@pytest.mark.parametrize("right", [True, False])
def test_a_perfect_and_a_useless_teacher_keep_a_bounded_temperature(held_out: Held, right: bool) -> None:
    output, targets = held_out
    truth_B2 = targets.windows_BM2[:, 0] / targets.durations_B.unsqueeze(1)
    hit_BK = (output.windows_BK2.double() - truth_B2.unsqueeze(1)).abs().amax(2) < 1e-6
    scores_BK = torch.where(hit_BK, 5.0, 0.0) if right else torch.where(hit_BK, -5.0, 0.0)
    assert 0.01 < fit_temperature([(replace(output, scores_BK=scores_BK), targets)]) < 100.0


def test_one_window_a_sample_and_none_at_all_have_a_temperature_too(held_out: Held) -> None:
    scored = in_seconds(held_out[0], held_out[1].durations_B)
    single = ScoredWindows(scored.windows_BK2[:, :1], scored.scores_BK[:, :1], scored.valid_BK[:, :1])
    assert 0.0 < fit_window_temperature([(single, held_out[1])]) < 100.0
    silent = replace(single, valid_BK=torch.zeros_like(single.valid_BK))
    assert 0.0 < fit_window_temperature([(silent, held_out[1])]) < 100.0
