"""Learned aggregators find what there is to find, and a teacher's scale is not part of it."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators import Context, GroundingAggregator, Signals, build, mix
from mtkd_engine.nets.grounding import Map2dOutput
from mtkd_engine.spec import AggregatorSpec, KauSpec, StaticSpec
from mtkd_engine.tasks.grounding import Targets, fit_temperature, gate_loss, unify
from mtkd_engine.tasks.grounding.grid import clip_mask

SAMPLES, LENGTH, WIDTH = 64, 8, 8


@dataclass(frozen=True)
class Classroom:
    """Two teachers, each right on one half of the samples; the first video channel tells which half."""

    outputs: tuple[Map2dOutput, Map2dOutput]
    targets: Targets
    context: Context
    first_half_B: Tensor

    def signals(self, *, scale_of_first: float = 1.0) -> Signals:
        factors = (scale_of_first, 1.0)
        outputs = [
            Map2dOutput(factor * output.map_BLL, output.clip_mask_BL)
            for factor, output in zip(factors, self.outputs, strict=True)
        ]
        beliefs = [
            unify(
                output,
                temperature=fit_temperature([(output, self.targets)]),
                durations_B=self.targets.durations_B,
                student_clips_B=self.targets.clips_B,
                student_length=LENGTH,
            )
            for output in outputs
        ]
        return Signals.stack(beliefs, ["first", "second"])


@pytest.fixture
def classroom(make: SimpleNamespace) -> Classroom:
    clips = [LENGTH] * SAMPLES
    targets = make.targets(clips, length=LENGTH, seed=2)
    first_half_B = torch.arange(SAMPLES) < SAMPLES // 2
    outputs = []
    for right_B, seed in ((first_half_B, 3), (~first_half_B, 4)):
        output = make.map(clips, length=LENGTH, scale=1.0, seed=seed)
        near_BLL = targets.soft_start_BML[:, 0].unsqueeze(2) * targets.soft_end_BML[:, 0].unsqueeze(1)
        map_BLL = output.map_BLL + 20.0 * near_BLL * right_B[:, None, None]
        outputs.append(Map2dOutput(map_BLL, output.clip_mask_BL))
    generator = torch.Generator().manual_seed(6)
    video_BLC = 0.3 * torch.randn(SAMPLES, LENGTH, WIDTH, generator=generator)
    video_BLC[:, :, 0] += torch.where(first_half_B, 1.0, -1.0).unsqueeze(1)
    context = Context(
        video_BLC=video_BLC,
        clip_mask_BL=clip_mask(torch.tensor(clips), LENGTH),
        query_BWC=torch.randn(SAMPLES, 3, WIDTH, generator=generator),
        word_mask_BW=torch.ones(SAMPLES, 3, dtype=torch.bool),
    )
    return Classroom((outputs[0], outputs[1]), targets, context, first_half_B)


def learn(
    spec: AggregatorSpec, classroom: Classroom, signals: Signals
) -> tuple[GroundingAggregator, list[float]]:
    torch.manual_seed(1)
    aggregator = build(spec, teachers=2, feature_width=WIDTH)
    optimizer = torch.optim.Adam(aggregator.parameters(), lr=0.02)
    losses: list[float] = []
    for _ in range(80):
        weights_BHT = aggregator.weights(signals, classroom.context)
        loss = gate_loss(mix(weights_BHT, signals, classroom.context.clip_mask_BL), classroom.targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    return aggregator, losses


@pytest.mark.parametrize("boundaries", [1, 2])
def test_the_gate_learns_who_is_right_on_which_samples(classroom: Classroom, boundaries: int) -> None:
    spec = KauSpec.model_validate({"boundaries": boundaries})
    aggregator, losses = learn(spec, classroom, classroom.signals())
    weights_BT = aggregator.weights(classroom.signals(), classroom.context).detach().mean(1)
    first = classroom.first_half_B
    assert losses[-1] < losses[0]
    assert float(weights_BT[first, 0].mean()) > 0.7
    assert float(weights_BT[~first, 1].mean()) > 0.7


def test_the_gate_beats_static_weights_where_teachers_divide_the_samples(classroom: Classroom) -> None:
    gate = learn(KauSpec(), classroom, classroom.signals())[1]
    static = learn(StaticSpec(), classroom, classroom.signals())[1]
    assert gate[-1] < static[-1]


@pytest.mark.parametrize("spec", [StaticSpec(), KauSpec()], ids=lambda spec: spec.kind)
def test_a_teachers_scale_does_not_decide_its_weight(classroom: Classroom, spec: AggregatorSpec) -> None:
    plain, loud = classroom.signals(), classroom.signals(scale_of_first=10.0)
    torch.testing.assert_close(plain.log_joint_TBLL, loud.log_joint_TBLL, rtol=1e-4, atol=1e-3)
    weights = [
        learn(spec, classroom, signals)[0].weights(signals, classroom.context).detach()
        for signals in (plain, loud)
    ]
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=5e-3)
