"""What holds for every aggregator, learned or not, fresh or fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators import Context, GroundingAggregator, Signals, build, mix
from mtkd_engine.nets.masking import NEG, upper_triangle
from mtkd_engine.spec import (
    AggregatorSpec,
    BestSingleSpec,
    KauPlusSpec,
    KauSpec,
    MedoidSpec,
    OracleSpec,
    StaticSpec,
    UniformSpec,
)
from mtkd_engine.tasks.grounding import Belief, Targets, distill_loss, gate_loss, log_joint, top_windows
from mtkd_engine.tasks.grounding.grid import clip_mask

CLIPS, LENGTH, WIDTH = [9, 4, 1, 6], 9, 8
QUALITY = [0.2, 0.6, 0.3]


@dataclass(frozen=True)
class Case:
    """An aggregator, and whether it gets to see video and query."""

    spec: AggregatorSpec
    features: bool = True

    def build(self, *, teachers: int) -> GroundingAggregator:
        return build(self.spec, teachers=teachers, feature_width=WIDTH if self.features else None)

    def weigh(
        self, aggregator: GroundingAggregator, signals: Signals, seen: Context, labels: Targets
    ) -> Tensor:
        return aggregator.weights(signals, seen if self.features else None, labels=labels)


CASES = {
    "uniform": Case(UniformSpec()),
    "best_single": Case(BestSingleSpec()),
    "medoid": Case(MedoidSpec()),
    "oracle": Case(OracleSpec()),
    "static": Case(StaticSpec()),
    "kau": Case(KauSpec(width=8, hidden=8)),
    "kau for boundaries": Case(KauSpec(width=8, hidden=8, boundaries=2)),
    "kau_plus": Case(KauPlusSpec(width=8, hidden=8)),
    "kau_plus for boundaries": Case(KauPlusSpec(width=8, hidden=8, boundaries=2)),
    "kau_plus without features": Case(KauPlusSpec(width=8, hidden=8), features=False),
}
PICKS_BY_SAMPLE = {"medoid", "oracle"}


@pytest.fixture(params=CASES, ids=lambda name: name)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def labels(make: SimpleNamespace) -> Targets:
    found: Targets = make.targets(CLIPS, length=LENGTH)
    return found


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
    """Teachers with these seeds; the same seed twice is the same teacher twice, and odd ones know what is salient."""
    clips_B, durations_B = torch.tensor(CLIPS), torch.full((len(CLIPS),), 30.0)
    beliefs = []
    for seed in seeds:
        log_BLL = log_joint(make.map(CLIPS, length=LENGTH, scale=scale, seed=seed))
        windows = top_windows(log_BLL, clips_B=clips_B, durations_B=durations_B)
        salient_BL = torch.randn(len(CLIPS), LENGTH, generator=torch.Generator().manual_seed(seed))
        beliefs.append(Belief(log_BLL, *windows, scale * salient_BL if seed % 2 else None))
    return Signals.stack(beliefs, [f"teacher {place}" for place in range(len(seeds))])


def fitted(
    case: Case, signals: Signals, seen: Context, labels: Targets, *, steps: int = 15
) -> GroundingAggregator:
    aggregator = case.build(teachers=len(signals.names))
    aggregator.told(torch.tensor(QUALITY[: len(signals.names)]))
    if not aggregator.trained:
        return aggregator
    optimizer = torch.optim.AdamW(aggregator.parameters(), lr=0.05)
    for _ in range(steps):
        weights_BHT = case.weigh(aggregator, signals, seen, labels)
        loss = gate_loss(mix(weights_BHT, signals, seen.clip_mask_BL), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return aggregator


def assert_belief(mixed_BLL: Tensor, mask_BL: Tensor) -> None:
    assert bool(torch.isfinite(mixed_BLL).all())
    valid_BLL = upper_triangle(mask_BL)
    assert not bool(mixed_BLL.exp()[~valid_BLL].any())
    torch.testing.assert_close(mixed_BLL.exp().sum((1, 2)), torch.ones(len(mixed_BLL)), rtol=0, atol=1e-5)


def test_weights_lie_on_the_simplex(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    signals = signals_of(make, 1, 2, 3)
    weights_BHT = case.weigh(fitted(case, signals, seen, labels), signals, seen, labels).detach()
    boundaries = getattr(case.spec, "boundaries", 1)
    assert weights_BHT.shape == (len(CLIPS), boundaries, 3)
    assert bool((weights_BHT >= 0).all())
    torch.testing.assert_close(weights_BHT.sum(2), torch.ones(len(CLIPS), boundaries))
    assert_belief(mix(weights_BHT, signals, seen.clip_mask_BL), seen.clip_mask_BL)


def test_one_teacher_is_ordinary_distillation(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    signals = signals_of(make, 1)
    weights_BHT = case.weigh(fitted(case, signals, seen, labels), signals, seen, labels).detach()
    assert torch.equal(weights_BHT, torch.ones_like(weights_BHT))
    mixed_BLL = mix(weights_BHT, signals, seen.clip_mask_BL)
    if weights_BHT.shape[1] == 1:
        student = make.span(CLIPS, length=LENGTH)
        torch.testing.assert_close(
            distill_loss(student, mixed_BLL, 2.0), distill_loss(student, signals.log_joint_TBLL[0], 2.0)
        )
        torch.testing.assert_close(mixed_BLL, signals.log_joint_TBLL[0])


def test_boundaries_weighed_apart_keep_a_span_teacher_as_it_is() -> None:
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
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets, scale: float
) -> None:
    signals = signals_of(make, 1, 2, 3, scale=scale)
    aggregator = fitted(case, signals, seen, labels, steps=5)
    weights_BHT = case.weigh(aggregator, signals, seen, labels)
    assert all(bool(torch.isfinite(parameter).all()) for parameter in aggregator.parameters())
    assert_belief(mix(weights_BHT, signals, seen.clip_mask_BL).detach(), seen.clip_mask_BL)


def test_state_survives_a_checkpoint(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(case, signals, seen, labels)
    restored = case.build(teachers=3)
    restored.load_state_dict(aggregator.state_dict())
    assert torch.equal(
        case.weigh(restored, signals, seen, labels), case.weigh(aggregator, signals, seen, labels)
    )


def test_an_untrained_aggregator_gives_weights_without_gradient(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    aggregator = case.build(teachers=2)
    weights_BHT = case.weigh(aggregator, signals_of(make, 1, 2), seen, labels)
    assert weights_BHT.requires_grad == aggregator.trained
    assert bool(list(aggregator.parameters())) == aggregator.trained


@pytest.mark.parametrize("case", [case for name, case in CASES.items() if name not in PICKS_BY_SAMPLE])
def test_all_that_learn_or_are_told_start_uniform(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    signals = signals_of(make, 1, 2, 3)
    weights_BHT = case.weigh(case.build(teachers=3), signals, seen, labels).detach()
    torch.testing.assert_close(weights_BHT, torch.full_like(weights_BHT, 1 / 3))


@pytest.mark.parametrize(
    "case", [case for name, case in CASES.items() if name not in {"medoid", "best_single"}]
)
def test_identical_teachers_share_equally_after_training(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    """The medoid takes the first of equals instead, and so does a choice of one teacher for all samples."""
    signals = signals_of(make, 5, 5, 5)
    aggregator = fitted(case, signals, seen, labels, steps=50)
    weights_BHT = case.weigh(aggregator, signals, seen, labels).detach()
    torch.testing.assert_close(weights_BHT, torch.full_like(weights_BHT, 1 / 3), rtol=0, atol=1e-6)


def test_the_order_of_teachers_carries_no_meaning(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    """Symmetric ones follow a permutation as they are, others once what belongs to a teacher moves along."""
    order = [2, 0, 1]
    signals, permuted = signals_of(make, 1, 2, 3), signals_of(make, 3, 1, 2)
    aggregator = fitted(case, signals, seen, labels)
    before_BHT = case.weigh(aggregator, signals, seen, labels).detach()
    if not aggregator.symmetric:
        for name, state in aggregator.state_dict().items():
            if name in {"scores", "share_T"} or "output." in name:
                rows = state.view(-1, 3, *state.shape[1:])
                state.copy_(rows[:, order].reshape(state.shape))
    after_BHT = case.weigh(aggregator, permuted, seen, labels).detach()
    apart_B = (
        torch.tensor(CLIPS) > 1
    )  # windows of one clip are equal, and of equals the medoid takes the first
    kept = apart_B if isinstance(case.spec, MedoidSpec) else slice(None)
    torch.testing.assert_close(after_BHT[kept], before_BHT[kept][:, :, order])
    torch.testing.assert_close(
        mix(after_BHT, permuted, seen.clip_mask_BL)[kept],
        mix(before_BHT, signals, seen.clip_mask_BL)[kept],
    )


def test_padding_changes_no_bit(make: SimpleNamespace, case: Case, seen: Context, labels: Targets) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(case, signals, seen, labels)
    littered = Context(
        video_BLC=seen.video_BLC.masked_fill(~seen.clip_mask_BL.unsqueeze(-1), torch.nan),
        clip_mask_BL=seen.clip_mask_BL,
        query_BWC=seen.query_BWC.masked_fill(~seen.word_mask_BW.unsqueeze(-1), torch.nan),
        word_mask_BW=seen.word_mask_BW,
    )
    assert signals.saliency_TBL is not None
    unsaid = replace(signals, saliency_TBL=signals.saliency_TBL.masked_fill(~seen.clip_mask_BL, torch.nan))
    assert torch.equal(
        case.weigh(aggregator, signals, seen, labels), case.weigh(aggregator, unsaid, littered, labels)
    )


def test_longer_padding_changes_nothing(
    make: SimpleNamespace, case: Case, seen: Context, labels: Targets
) -> None:
    signals = signals_of(make, 1, 2, 3)
    aggregator = fitted(case, signals, seen, labels)
    pad = torch.nn.functional.pad
    longer = Context(
        video_BLC=pad(seen.video_BLC, (0, 0, 0, 4), value=2.0),
        clip_mask_BL=pad(seen.clip_mask_BL, (0, 4)),
        query_BWC=pad(seen.query_BWC, (0, 0, 0, 3), value=2.0),
        word_mask_BW=pad(seen.word_mask_BW, (0, 3)),
    )
    assert signals.saliency_TBL is not None
    wider = replace(
        signals,
        log_joint_TBLL=pad(signals.log_joint_TBLL, (0, 4, 0, 4), value=NEG),
        saliency_TBL=pad(signals.saliency_TBL, (0, 4), value=2.0),
    )
    torch.testing.assert_close(
        case.weigh(aggregator, signals, seen, labels),
        case.weigh(aggregator, wider, longer, labels),
        rtol=1e-6,
        atol=1e-6,
    )
