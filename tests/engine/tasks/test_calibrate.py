"""A teacher's scale is absorbed before anything weighs it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.grounding import Map2dOutput
from mtkd_engine.tasks.grounding import Targets, fit_temperature, log_joint, unify
from mtkd_engine.tasks.grounding.grid import clip_mask

SAMPLES, CLIPS = 600, 6


@pytest.fixture(scope="module")
def held_out(make: SimpleNamespace) -> tuple[Map2dOutput, Targets]:
    """A teacher whose logits are three times as sharp as the truth that they predict."""
    clips = [CLIPS] * SAMPLES
    output = make.map(clips, length=CLIPS, scale=6.0, seed=1)
    truth = torch.distributions.Categorical(probs=log_joint(output, temperature=3.0).exp().flatten(1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        cell_B = truth.sample()  # type: ignore[no-untyped-call]
    targets = replace(
        make.targets(clips, length=CLIPS), start_BM=cell_B[:, None] // CLIPS, end_BM=cell_B[:, None] % CLIPS
    )
    return output, targets


def likelihood(output: Map2dOutput, targets: Targets, temperature: float) -> float:
    log_BLL = log_joint(output, temperature=temperature)
    return float(log_BLL[torch.arange(len(log_BLL)), targets.start_BM[:, 0], targets.end_BM[:, 0]].mean())


def test_the_temperature_of_an_overconfident_teacher_is_found(held_out: tuple[Map2dOutput, Targets]) -> None:
    temperature = fit_temperature([held_out])
    assert temperature == pytest.approx(3.0, rel=0.15)
    best = likelihood(*held_out, temperature)
    assert best >= likelihood(*held_out, 1.05 * temperature)
    assert best >= likelihood(*held_out, temperature / 1.05)


def test_batches_count_by_their_samples(held_out: tuple[Map2dOutput, Targets]) -> None:
    output, targets = held_out
    parts = [
        (
            Map2dOutput(output.map_BLL[part], output.clip_mask_BL[part]),
            replace(targets, start_BM=targets.start_BM[part], end_BM=targets.end_BM[part]),
        )
        for part in (slice(0, 100), slice(100, SAMPLES))
    ]
    assert fit_temperature(parts) == pytest.approx(fit_temperature([held_out]), rel=1e-6)


@pytest.mark.parametrize("factor", [0.001, 10.0, 1000.0])
def test_the_scale_of_logits_leaves_no_trace_in_the_belief(
    held_out: tuple[Map2dOutput, Targets], factor: float
) -> None:
    output, targets = held_out
    scaled = replace(output, map_BLL=factor * output.map_BLL)
    temperatures = fit_temperature([(output, targets)]), fit_temperature([(scaled, targets)])
    assert temperatures[1] == pytest.approx(factor * temperatures[0], rel=1e-4)

    def belief(teacher: Map2dOutput, temperature: float) -> Tensor:
        unified = unify(
            teacher,
            temperature=temperature,
            durations_B=targets.durations_B,
            student_clips_B=targets.clips_B,
            student_length=CLIPS,
        )
        return unified.log_joint_BLL

    torch.testing.assert_close(
        belief(output, temperatures[0]), belief(scaled, temperatures[1]), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("right", [True, False])
def test_a_perfect_and_a_useless_teacher_keep_a_bounded_temperature(
    make: SimpleNamespace, right: bool
) -> None:
    clips = [CLIPS] * 20
    targets = make.targets(clips, length=CLIPS)
    map_BLL = torch.zeros(20, CLIPS, CLIPS)
    map_BLL[torch.arange(20), targets.start_BM[:, 0], targets.end_BM[:, 0]] = 5.0 if right else -5.0
    output = Map2dOutput(map_BLL, clip_mask(torch.tensor(clips), CLIPS))
    assert 0.01 < fit_temperature([(output, targets)]) < 100.0


def test_constant_logits_have_a_temperature_too(make: SimpleNamespace) -> None:
    output = make.span([5, 3], length=5, scale=0.0)
    assert 0.0 < fit_temperature([(output, make.targets([5, 3], length=5))]) < 100.0


def test_the_likelihood_is_that_of_any_true_window_and_a_repeated_one_counts_once(
    held_out: tuple[Map2dOutput, Targets],
) -> None:
    output, targets = held_out
    twice = replace(
        targets,
        start_BM=targets.start_BM.expand(-1, 3),
        end_BM=targets.end_BM.expand(-1, 3),
    )
    assert fit_temperature([(output, twice)]) == pytest.approx(fit_temperature([held_out]), rel=1e-9)
    other_B1 = (targets.start_BM + 1) % CLIPS
    either = replace(
        targets,
        start_BM=torch.cat([targets.start_BM, other_B1], 1),
        end_BM=torch.cat([targets.end_BM, torch.full_like(other_B1, CLIPS - 1)], 1),
    )
    temperature = fit_temperature([(output, either)])

    def hit(temperature: float) -> float:
        log_BLL = log_joint(output, temperature=temperature)
        rows_B1 = torch.arange(len(log_BLL)).unsqueeze(1)
        said_B2 = log_BLL[rows_B1, either.start_BM, either.end_BM]
        same_B = (either.start_BM[:, 0] == either.start_BM[:, 1]) & (
            either.end_BM[:, 0] == either.end_BM[:, 1]
        )
        said_B2[same_B, 1] = -torch.inf
        return float(said_B2.logsumexp(1).mean())

    assert hit(temperature) >= max(hit(1.05 * temperature), hit(temperature / 1.05))
