"""What holds for every aggregator, learned or not, fresh or fitted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators import Aggregator, Context, Signals, build, mix
from mtkd_engine.nets.masking import upper_triangle
from mtkd_engine.spec import AggregatorSpec, KauSpec, StaticSpec, UniformSpec
from mtkd_engine.tasks.grounding import Belief, distill_loss, gate_loss, log_joint, top_windows
from mtkd_engine.tasks.grounding.grid import clip_mask

CLIPS, LENGTH, WIDTH = [9, 4, 1, 6], 9, 8

SPECS: dict[str, AggregatorSpec] = {
    "uniform": UniformSpec(),
    "static": StaticSpec(),
    "kau": KauSpec(width=8, hidden=8),
    "kau for boundaries": KauSpec(width=8, hidden=8, boundaries=2),
}


@pytest.fixture(params=SPECS, ids=lambda name: name)
def spec(request: pytest.FixtureRequest) -> AggregatorSpec:
    return SPECS[request.param]


@pytest.fixture
def seen() -> Context:
    generator = torch.Generator().manual_seed(9)
    return Context(
        video_BLC=torch.randn(len(CLIPS), LENGTH, WIDTH, generator=generator),
        clip_mask_BL=clip_mask(torch.tensor(CLIPS), LENGTH),
        query_BWC=torch.randn(len(CLIPS), 5, WIDTH, generator=generator),
        word_mask_BW=clip_mask(torch.tensor([5, 2, 3, 1]), 5),
    )


def signals_of(make: SimpleNamespace, *seeds: int, scale: float = 2.0) -> Signals:
    """Teachers with these seeds; the same seed twice is the same teacher twice."""
    clips_B, durations_B = torch.tensor(CLIPS), torch.full((len(CLIPS),), 30.0)
    beliefs = []
    for seed in seeds:
        log_BLL = log_joint(make.map(CLIPS, length=LENGTH, scale=scale, seed=seed))
        beliefs.append(Belief(log_BLL, *top_windows(log_BLL, clips_B=clips_B, durations_B=durations_B)))
    return Signals.stack(beliefs, [f"teacher {place}" for place in range(len(seeds))])


def fitted(
    make: SimpleNamespace, spec: AggregatorSpec, signals: Signals, seen: Context, *, steps: int = 15
) -> Aggregator:
    aggregator = build(spec, teachers=len(signals.names), feature_width=WIDTH)
    if not aggregator.trained:
        return aggregator
    optimizer = torch.optim.AdamW(aggregator.parameters(), lr=0.05)
    targets = make.targets(CLIPS, length=LENGTH)
    for _ in range(steps):
        weights_BHT = aggregator.weights(signals, seen)
        loss = gate_loss(mix(weights_BHT, signals, seen.clip_mask_BL), targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return aggregator


def assert_belief(mixed_BLL: Tensor, mask_BL: Tensor) -> None:
    assert bool(torch.isfinite(mixed_BLL).all())
    valid_BLL = upper_triangle(mask_BL)
    assert not bool(mixed_BLL.exp()[~valid_BLL].any())
    torch.testing.assert_close(mixed_BLL.exp().sum((1, 2)), torch.ones(len(mixed_BLL)), rtol=0, atol=1e-5)


def test_weights_lie_on_the_simplex(make: SimpleNamespace, spec: AggregatorSpec, seen: Context) -> None:
    signals = signals_of(make, 1, 2, 3)
    weights_BHT = fitted(make, spec, signals, seen).weights(signals, seen).detach()
    boundaries = 2 if isinstance(spec, KauSpec) and spec.boundaries == 2 else 1
    assert weights_BHT.shape == (len(CLIPS), boundaries, 3)
    assert bool((weights_BHT >= 0).all())
    torch.testing.assert_close(weights_BHT.sum(2), torch.ones(len(CLIPS), boundaries))
    assert_belief(mix(weights_BHT, signals, seen.clip_mask_BL), seen.clip_mask_BL)


def test_one_teacher_is_ordinary_distillation(
    make: SimpleNamespace, spec: AggregatorSpec, seen: Context
) -> None:
    signals = signals_of(make, 1)
    weights_BHT = fitted(make, spec, signals, seen).weights(signals, seen).detach()
    assert torch.equal(weights_BHT, torch.ones_like(weights_BHT))
    mixed_BLL = mix(weights_BHT, signals, seen.clip_mask_BL)
    if weights_BHT.shape[1] == 1:
        student = make.span(CLIPS, length=LENGTH)
        torch.testing.assert_close(
            distill_loss(student, mixed_BLL, 2.0), distill_loss(student, signals.log_joint_TBLL[0], 2.0)
        )
        torch.testing.assert_close(mixed_BLL, signals.log_joint_TBLL[0])


def test_boundaries_weighed_apart_keep_a_span_teacher_as_it_is(make: SimpleNamespace, seen: Context) -> None:
    """Start and end of a span teacher are nearly independent; with all ends after all starts, exactly so."""
    log_BLL = torch.full((1, 6, 6), -torch.inf)
    log_BLL[0, :3, 3:] = torch.randn(3, 1).log_softmax(0) + torch.randn(1, 3).log_softmax(1)
    signals = Signals(
        log_BLL.clamp(min=-1e3).unsqueeze(0), torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1), ["one"]
    )
    mixed_BLL = mix(torch.ones(1, 2, 1), signals, torch.ones(1, 6, dtype=torch.bool))
    torch.testing.assert_close(mixed_BLL.exp(), log_BLL.exp(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1e3, 1e6])
def test_extreme_logits_stay_finite(
    make: SimpleNamespace, spec: AggregatorSpec, seen: Context, scale: float
) -> None:
    signals = signals_of(make, 1, 2, 3, scale=scale)
    aggregator = fitted(make, spec, signals, seen, steps=5)
    weights_BHT = aggregator.weights(signals, seen)
    assert all(bool(torch.isfinite(parameter).all()) for parameter in aggregator.parameters())
    assert_belief(mix(weights_BHT, signals, seen.clip_mask_BL).detach(), seen.clip_mask_BL)


def test_state_survives_a_checkpoint(make: SimpleNamespace, spec: AggregatorSpec, seen: Context) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(make, spec, signals, seen)
    restored = build(spec, teachers=3, feature_width=WIDTH)
    restored.load_state_dict(aggregator.state_dict())
    assert torch.equal(restored.weights(signals, seen), aggregator.weights(signals, seen))


def test_an_untrained_aggregator_gives_weights_without_gradient(
    make: SimpleNamespace, spec: AggregatorSpec, seen: Context
) -> None:
    aggregator = build(spec, teachers=2, feature_width=WIDTH)
    weights_BHT = aggregator.weights(signals_of(make, 1, 2), seen)
    assert weights_BHT.requires_grad == aggregator.trained
    assert bool(list(aggregator.parameters())) == aggregator.trained


def test_all_start_uniform(make: SimpleNamespace, spec: AggregatorSpec, seen: Context) -> None:
    signals = signals_of(make, 1, 2, 3)
    weights_BHT = build(spec, teachers=3, feature_width=WIDTH).weights(signals, seen).detach()
    torch.testing.assert_close(weights_BHT, torch.full_like(weights_BHT, 1 / 3))


def test_identical_teachers_share_equally_after_training(
    make: SimpleNamespace, spec: AggregatorSpec, seen: Context
) -> None:
    signals = signals_of(make, 5, 5, 5)
    weights_BHT = fitted(make, spec, signals, seen, steps=50).weights(signals, seen).detach()
    torch.testing.assert_close(weights_BHT, torch.full_like(weights_BHT, 1 / 3), rtol=0, atol=1e-6)


def test_the_order_of_teachers_carries_no_meaning(
    make: SimpleNamespace, spec: AggregatorSpec, seen: Context
) -> None:
    """Symmetric ones follow a permutation as they are, others once their output rows are permuted too."""
    order = [2, 0, 1]
    signals, permuted = signals_of(make, 1, 2, 3), signals_of(make, 3, 1, 2)
    aggregator = fitted(make, spec, signals, seen)
    before_BHT = aggregator.weights(signals, seen).detach()
    if not aggregator.symmetric:
        for name, parameter in aggregator.named_parameters():
            if name == "scores" or name.startswith("output."):
                rows = parameter.data.view(-1, 3, *parameter.shape[1:])
                parameter.data = rows[:, order].reshape(parameter.shape)
    after_BHT = aggregator.weights(permuted, seen).detach()
    torch.testing.assert_close(after_BHT, before_BHT[:, :, order])
    torch.testing.assert_close(
        mix(after_BHT, permuted, seen.clip_mask_BL), mix(before_BHT, signals, seen.clip_mask_BL)
    )


def test_padding_changes_no_bit(make: SimpleNamespace, spec: AggregatorSpec, seen: Context) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(make, spec, signals, seen)
    littered = Context(
        video_BLC=seen.video_BLC.masked_fill(~seen.clip_mask_BL.unsqueeze(-1), torch.nan),
        clip_mask_BL=seen.clip_mask_BL,
        query_BWC=seen.query_BWC.masked_fill(~seen.word_mask_BW.unsqueeze(-1), torch.nan),
        word_mask_BW=seen.word_mask_BW,
    )
    assert torch.equal(aggregator.weights(signals, seen), aggregator.weights(signals, littered))


def test_longer_padding_changes_nothing(make: SimpleNamespace, spec: AggregatorSpec, seen: Context) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(make, spec, signals, seen)
    pad = torch.nn.functional.pad
    longer = Context(
        video_BLC=pad(seen.video_BLC, (0, 0, 0, 4), value=2.0),
        clip_mask_BL=pad(seen.clip_mask_BL, (0, 4)),
        query_BWC=pad(seen.query_BWC, (0, 0, 0, 3), value=2.0),
        word_mask_BW=pad(seen.word_mask_BW, (0, 3)),
    )
    torch.testing.assert_close(
        aggregator.weights(signals, seen), aggregator.weights(signals, longer), rtol=1e-6, atol=1e-6
    )
