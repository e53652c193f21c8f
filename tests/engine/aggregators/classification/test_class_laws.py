"""What holds for every aggregator of classification, learned or not, fresh or fitted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals, mix, softened
from mtkd_engine.spec import (
    AverageSpec,
    BestSingleSpec,
    ClassAggregatorSpec,
    ConfidenceSoftmaxSpec,
    ConfidenceSpec,
    EntropySpec,
    FeatureKauSpec,
    GradientSpec,
    MetaSpec,
    OracleSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from mtkd_engine.tasks.classification.losses import kd, kd_of_several
from tests.engine.aggregators.classification.beliefs import (
    CLASSES,
    SAMPLES,
    TEMPERATURE,
    Seen,
    built,
    signals_of,
)

CASES: dict[str, ClassAggregatorSpec] = {
    "uniform": AverageSpec(),
    "best_single": BestSingleSpec(),
    "oracle": OracleSpec(),
    "entropy": EntropySpec(),
    "sharp entropy": EntropySpec(sharp=True),
    "confidence": ConfidenceSpec(),
    "confidence_softmax": ConfidenceSoftmaxSpec(),
    "gradient": GradientSpec(),
    "gradient without a cap": GradientSpec(tolerance=1.0),
    "static": StaticWeightsSpec(),
    "kau": FeatureKauSpec(hidden=8),
    "kau without beliefs": FeatureKauSpec(hidden=8, beliefs=False),
    "meta": MetaSpec(),
    "reinforced": ReinforcedSpec(hidden=8),
}
LEARNED = ["static", "kau", "kau without beliefs", "meta", "reinforced"]
every = pytest.mark.parametrize("spec", CASES.values(), ids=CASES.keys())


def fitted(
    spec: ClassAggregatorSpec, signals: ClassSignals, seen: Seen, *, steps: int = 15
) -> ClassAggregator:
    aggregator = built(spec, teachers=len(signals.names))
    aggregator.told(torch.tensor([0.2, 0.6, 0.3][: len(signals.names)]))
    if not aggregator.trained:
        return aggregator
    optimizer = torch.optim.Adam(aggregator.parameters(), lr=0.05)
    for _ in range(steps):
        mixed_BC = mix(seen.weigh(aggregator, signals), signals, temperature=1.0, space="probability")
        loss = torch.nn.functional.nll_loss(mixed_BC, seen.labels_B)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return aggregator


@every
def test_weights_lie_on_the_simplex(spec: ClassAggregatorSpec) -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    weights_BT = seen.weigh(fitted(spec, signals, seen), signals).detach()
    assert weights_BT.shape == (SAMPLES, 3)
    assert bool((weights_BT >= 0).all())
    torch.testing.assert_close(weights_BT.sum(1), torch.ones(SAMPLES, dtype=torch.float64))


@every
def test_one_teacher_is_ordinary_distillation(spec: ClassAggregatorSpec) -> None:
    signals, seen = signals_of(1), Seen.make()
    weights_BT = seen.weigh(fitted(spec, signals, seen), signals).detach()
    torch.testing.assert_close(weights_BT, torch.ones_like(weights_BT))
    alone_B = kd(
        seen.logits_BC, softened(signals.log_probs_TBC[0], TEMPERATURE).float(), temperature=TEMPERATURE
    )
    found_B = kd_of_several(
        seen.logits_BC.float(),
        signals.log_probs_TBC.float(),
        weights_BT.float(),
        temperature=TEMPERATURE,
    )
    torch.testing.assert_close(found_B, alone_B, rtol=1e-4, atol=1e-5)


@every
@pytest.mark.parametrize("scale", [0.0, 1e3, 1e6])
def test_extreme_beliefs_stay_finite(spec: ClassAggregatorSpec, scale: float) -> None:
    signals, seen = signals_of(1, 2, 3, scale=scale), Seen.make()
    loud = replace(seen, features_BF=1e3 * seen.features_BF, logits_BC=scale * seen.logits_BC)
    aggregator = fitted(spec, signals, loud, steps=5)
    assert_simplex(loud.weigh(aggregator, signals))
    assert all(bool(torch.isfinite(parameter).all()) for parameter in aggregator.parameters())


@every
def test_classes_that_are_ruled_out_leave_weights_and_gradients_finite(spec: ClassAggregatorSpec) -> None:
    log_probs_TBC = signals_of(1, 2, 3).log_probs_TBC.clone()
    log_probs_TBC[:, :, 1] = -torch.inf  # which is the label of some samples
    log_probs_TBC[0, 0] = torch.tensor([0.0] + [-torch.inf] * (CLASSES - 1))
    signals, seen = ClassSignals(log_probs_TBC, ["a", "b", "c"]), Seen.make()
    aggregator = fitted(spec, signals, seen, steps=5)
    assert_simplex(seen.weigh(aggregator, signals))
    assert all(bool(torch.isfinite(parameter).all()) for parameter in aggregator.parameters())


def assert_simplex(weights_BT: Tensor) -> None:
    assert bool(torch.isfinite(weights_BT).all())
    assert bool((weights_BT >= 0).all())
    torch.testing.assert_close(weights_BT.detach().sum(1), torch.ones(SAMPLES, dtype=torch.float64))


@every
def test_state_survives_a_checkpoint(spec: ClassAggregatorSpec) -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    aggregator = fitted(spec, signals, seen)
    restored = built(spec, teachers=3)
    restored.load_state_dict(aggregator.state_dict())
    assert torch.equal(seen.weigh(restored, signals), seen.weigh(aggregator, signals))


@every
def test_only_what_learns_has_parameters_and_gives_weights_with_gradient(spec: ClassAggregatorSpec) -> None:
    aggregator, seen = built(spec, teachers=2), Seen.make()
    loud = replace(seen, logits_BC=seen.logits_BC.requires_grad_())
    assert loud.weigh(aggregator, signals_of(1, 2)).requires_grad == aggregator.trained
    assert bool(list(aggregator.parameters())) == aggregator.trained


@pytest.mark.parametrize("name", [*LEARNED, "best_single"])
def test_all_that_learn_or_are_told_start_uniform(name: str) -> None:
    weights_BT = Seen.make().weigh(built(CASES[name], teachers=3), signals_of(1, 2, 3)).detach()
    torch.testing.assert_close(weights_BT, torch.full_like(weights_BT, 1 / 3))


@pytest.mark.parametrize("name", [name for name in CASES if name != "best_single"])
def test_identical_teachers_share_equally_whatever_was_learned_from_them(name: str) -> None:
    """A choice of one teacher for all samples takes the first of equals instead."""
    signals, seen = signals_of(5, 5, 5), Seen.make()
    weights_BT = seen.weigh(fitted(CASES[name], signals, seen, steps=40), signals).detach()
    torch.testing.assert_close(weights_BT, torch.full_like(weights_BT, 1 / 3), rtol=0, atol=1e-9)


@every
def test_the_order_of_teachers_carries_no_meaning(spec: ClassAggregatorSpec) -> None:
    """Symmetric ones follow a permutation as they are, others once what belongs to a teacher moves along."""
    order = [2, 0, 1]
    signals, permuted, seen = signals_of(1, 2, 3), signals_of(3, 1, 2), Seen.make()
    aggregator = fitted(spec, signals, seen)
    before_BT = seen.weigh(aggregator, signals).detach()
    if not aggregator.symmetric:
        for name, state in aggregator.state_dict().items():
            if name == "first.weight":  # teachers' inputs stand side by side, the student's after them
                own = state[:, : 3 * CLASSES].view(len(state), 3, CLASSES)
                own.copy_(own[:, order].clone())
            elif "scores" in name or "output" in name or name == "share_T":
                state.copy_(state[order].clone())
    torch.testing.assert_close(seen.weigh(aggregator, permuted).detach(), before_BT[:, order])


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("gradient")])
def test_what_a_sample_is_weighed_by_is_itself_and_not_its_batch(name: str) -> None:
    """Gradients in common are the point of the one that is left out."""
    signals, seen = signals_of(1, 2, 3), Seen.make()
    aggregator = fitted(CASES[name], signals, seen)
    alone = ClassSignals(signals.log_probs_TBC[:, 2:3], signals.names)
    self_only = Seen(seen.features_BF[2:3], seen.logits_BC[2:3], seen.labels_B[2:3])
    torch.testing.assert_close(
        self_only.weigh(aggregator, alone), seen.weigh(aggregator, signals)[2:3], rtol=1e-9, atol=1e-12
    )


@every
def test_single_precision_says_the_same(spec: ClassAggregatorSpec) -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    aggregator = fitted(spec, signals, seen)
    exact_BT = seen.weigh(aggregator, signals).detach()
    low = Seen.make(dtype=torch.float32)
    found_BT = low.weigh(aggregator.float(), signals_of(1, 2, 3, dtype=torch.float32))
    assert found_BT.dtype == torch.float32
    torch.testing.assert_close(found_BT.detach(), exact_BT.float(), rtol=1e-3, atol=1e-4)
