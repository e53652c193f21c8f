"""What each aggregator of classification says, against its formula written out, and against the papers' numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import class_evidence, labels_of
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals
from mtkd_engine.aggregators.gradient import logit_gradients, shortest
from mtkd_engine.aggregators.meta import MetaAggregator
from mtkd_engine.aggregators.registry import scale_of
from mtkd_engine.aggregators.reinforced import gaps
from mtkd_engine.spec import (
    AverageSpec,
    ClassAggregatorSpec,
    ConfidenceSoftmaxSpec,
    ConfidenceSpec,
    EntropySpec,
    FeatureKauSpec,
    GradientSpec,
    KdLossSpec,
    MetaSpec,
    OracleSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from mtkd_engine.tasks.classification.batches import ClassBatch, Mixed
from mtkd_engine.tasks.classification.losses import losses_of_each
from tests.engine.aggregators.classification import literal
from tests.engine.aggregators.classification.beliefs import (
    CLASSES,
    SAMPLES,
    TEMPERATURE,
    WIDTH,
    Seen,
    built,
    noise,
    signals_of,
)

Rule = Callable[[list[list[float]], int], list[float]]
RULES: dict[str, tuple[ClassAggregatorSpec, Rule]] = {
    "uniform": (AverageSpec(), lambda beliefs, y: [1 / len(beliefs)] * len(beliefs)),
    "entropy": (EntropySpec(), lambda beliefs, y: literal.ebkd(beliefs)),
    "sharp": (EntropySpec(sharp=True), lambda beliefs, y: literal.sharp_entropy(beliefs)),
    "confidence": (ConfidenceSpec(), literal.ca_mkd),
    "confidence_softmax": (ConfidenceSoftmaxSpec(), literal.confidence_softmax),
    "oracle": (OracleSpec(), literal.oracle),
}


def close(found: Tensor, expected: Any, *, within: float = 1e-12) -> None:
    torch.testing.assert_close(
        found.detach().double(), torch.as_tensor(np.array(expected)).double(), rtol=0, atol=within
    )


def believing(*probs: list[float]) -> ClassSignals:
    """Teachers that say these probabilities of one sample."""
    return ClassSignals(torch.tensor(probs, dtype=torch.float64).log().unsqueeze(1), [str(p) for p in probs])


def one_sample(weights_for: ClassAggregatorSpec, signals: ClassSignals, *, label: int = 0) -> Tensor:
    aggregator = built(weights_for, teachers=len(signals.names))
    return aggregator.weights(signals, None, labels=torch.tensor([label]))[0, 0]


def scrambled(spec: ClassAggregatorSpec) -> ClassAggregator:
    """With random parameters everywhere, those that start at zero too."""
    aggregator = built(spec, teachers=3)
    for place, parameter in enumerate(aggregator.parameters()):
        parameter.data.copy_(0.7 * noise(*parameter.shape, seed=200 + place))
    return aggregator


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_its_formula(name: str) -> None:
    spec, rule = RULES[name]
    signals, seen = signals_of(1, 2, 3, 4), Seen.make()
    expected = [
        rule(signals.log_probs_TBC[:, row].tolist(), int(seen.labels_B[row])) for row in range(SAMPLES)
    ]
    close(seen.weigh(built(spec, teachers=4), signals), expected)


def test_ca_mkd_shuts_out_bad_teachers_but_never_gives_one_more_than_its_share_without_another() -> None:
    """Figures of one good teacher (cross-entropy .05) among bad ones (3), recomputed from the paper's formula."""
    good, bad = math.exp(-0.05), math.exp(-3.0)
    three = believing([good, 1 - good], [bad, 1 - bad], [bad, 1 - bad])
    close(one_sample(ConfidenceSpec(), three), [0.487, 0.256, 0.256], within=6e-4)
    five = believing([good, 1 - good], *[[bad, 1 - bad]] * 4)
    close(one_sample(ConfidenceSpec(), five), [0.247, *[0.188] * 4], within=6e-4)
    close(one_sample(ConfidenceSoftmaxSpec(), three), [0.905, 0.047, 0.047], within=6e-4)


def test_for_two_teachers_ca_mkd_is_the_softmax_that_is_taken_for_it() -> None:
    signals, seen = signals_of(1, 2), Seen.make()
    close(
        seen.weigh(built(ConfidenceSpec(), teachers=2), signals),
        seen.weigh(built(ConfidenceSoftmaxSpec(), teachers=2), signals).tolist(),
    )


def test_entropies_give_a_sure_teacher_the_most_it_can_get_and_equal_shares_where_all_are_sure() -> None:
    sure, even, other = [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.6, 0.3, 0.1]
    weights_T = one_sample(EntropySpec(), believing(sure, even, other))
    close(weights_T[:1], [0.5])
    assert int(weights_T.argmin()) == 1
    close(one_sample(EntropySpec(), believing(sure, sure, [0.0, 1.0, 0.0])), [1 / 3] * 3)
    close(one_sample(EntropySpec(), believing(other)), [1.0])


def test_the_oracle_prefers_who_is_right_to_who_is_nearer_to_the_label() -> None:
    right, nearer = [0.35, 0.33, 0.32], [0.4, 0.6, 0.0]
    close(one_sample(OracleSpec(), believing(nearer, right, right)), [0.0, 0.5, 0.5])
    close(one_sample(OracleSpec(), believing(nearer, right), label=2), [0.0, 1.0])


def test_mixed_labels_count_by_their_shares() -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    share_B = torch.linspace(0, 1, SAMPLES, dtype=torch.float64)
    other_B = (seen.labels_B + 2) % CLASSES
    rows_B = torch.arange(SAMPLES)
    batch = ClassBatch(rows_B, seen.labels_B, rows_B, rows_B, (), "train", Mixed(other_B, share_B))
    shares_BC = labels_of(batch, classes=CLASSES)
    found_BT = built(ConfidenceSpec(), teachers=3).weights(signals, None, labels=shares_BC)[:, 0]
    for row, share in enumerate(share_B.tolist()):
        beliefs = signals.log_probs_TBC[:, row].tolist()
        own, other = int(seen.labels_B[row]), int(other_B[row])
        misses = [-share * belief[own] - (1 - share) * belief[other] for belief in beliefs]
        close(found_BT[row], [(1 - part) / 2 for part in literal.softmax(misses)])


def test_the_gradient_of_a_teachers_loss_by_the_logits_has_a_closed_form() -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    logits_BC = seen.logits_BC.requires_grad_()
    found_TC = logit_gradients(signals, logits_BC.detach(), temperature=TEMPERATURE)
    for k in range(3):
        loss = 0.0
        for row in range(SAMPLES):
            loss += literal.soft_label_loss(
                signals.log_probs_TBC[k, row].tolist(), logits_BC[row].tolist(), TEMPERATURE
            )
        for c in range(CLASSES):
            moved = logits_BC.detach().clone()
            moved[:, c] += 1e-6
            after = sum(
                literal.soft_label_loss(
                    signals.log_probs_TBC[k, row].tolist(), moved[row].tolist(), TEMPERATURE
                )
                for row in range(SAMPLES)
            )
            close(found_TC[k, c], (after - loss) / 1e-6 / SAMPLES, within=1e-5)
    alone_BT = losses_of_each(
        KdLossSpec(), logits_BC, signals.log_probs_TBC, _no_batch(), temperature=TEMPERATURE
    )
    (own_BC,) = torch.autograd.grad(alone_BT[:, 1].sum(), logits_BC)
    close(found_TC[1], own_BC.mean(0).tolist(), within=1e-6)


def _no_batch() -> ClassBatch:
    rows_B = torch.arange(SAMPLES)
    return ClassBatch(rows_B, rows_B, rows_B, rows_B, (), "train")


@pytest.mark.parametrize("tolerance", [0.2, 0.35, 0.6, 1.0])
@pytest.mark.parametrize("teachers", [2, 3, 4])
def test_ae_kd_finds_the_shortest_combination(teachers: int, tolerance: float) -> None:
    signals, seen = signals_of(*range(1, teachers + 1)), Seen.make()
    found_BT = seen.weigh(built(GradientSpec(tolerance=tolerance), teachers=teachers), signals)
    gradients_TC = logit_gradients(signals, seen.logits_BC, temperature=TEMPERATURE)
    expected = literal.ae_kd(gradients_TC.tolist(), tolerance)
    close(found_BT, [expected] * SAMPLES, within=1e-5)


def test_ae_kd_is_the_average_at_the_least_tolerance_and_its_gradient_shrinks_with_it() -> None:
    gradients_TC = torch.cat([noise(3, 8, seed=4), 3 * noise(1, 8, seed=5)])
    gram_TT = gradients_TC @ gradients_TC.T
    caps = [0.25, 0.3, 0.4, 0.6, 0.8, 1.0]
    found = [shortest(gram_TT, most=most) for most in caps]
    close(found[0], [0.25] * 4, within=0)
    norms = [float((weights_T @ gradients_TC).norm()) for weights_T in found]
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 0.9 * norms[0]
    assert all(float(weights_T.max()) <= cap + 1e-6 for weights_T, cap in zip(found, caps, strict=True))


def test_evidence_and_gaps_are_what_they_say() -> None:
    signals, seen = signals_of(1, 2, 3), Seen.make()
    for row in range(SAMPLES):
        beliefs = signals.log_probs_TBC[:, row].tolist()
        close(class_evidence(signals)[:, row], [literal.evidence(beliefs, k) for k in range(3)])
        logits = seen.logits_BC[row].tolist()
        close(gaps(signals, seen.logits_BC)[:, row], [literal.gap(belief, logits) for belief in beliefs])
    alone = ClassSignals(signals.log_probs_TBC[:1], ["alone"])
    assert not bool(class_evidence(alone)[..., 3].any())


def scores(net: dict[str, Any], features: list[float], evidence: list[list[float]] | None) -> list[float]:
    seen = literal.linear(net["seen.weight"], net["seen.bias"], literal.normed(features))
    found = []
    for k, output in enumerate(net["output"]):
        hidden = seen
        if evidence is not None:
            own = literal.linear(net["believed.weight"], None, evidence[k])
            hidden = [a + b for a, b in zip(seen, own, strict=True)]
        rows = [common + own for common, own in zip(net["common"], output, strict=True)]
        found.append(literal.linear([rows], [net["scores"][k]], literal.relu(hidden))[0])
    return found


@pytest.mark.parametrize("beliefs", [True, False])
def test_kau_is_its_formula(beliefs: bool) -> None:
    aggregator = scrambled(FeatureKauSpec(hidden=4, beliefs=beliefs))
    signals, seen = signals_of(1, 2, 3), Seen.make()
    net = {name.removeprefix("net."): value.tolist() for name, value in aggregator.state_dict().items()}
    expected = []
    for row in range(SAMPLES):
        said = signals.log_probs_TBC[:, row].tolist()
        known = [literal.evidence(said, k) for k in range(3)] if beliefs else None
        expected.append(literal.softmax(scores(net, seen.features_BF[row].tolist(), known)))
    close(seen.weigh(aggregator, signals), expected)


def test_the_agent_is_its_formula() -> None:
    aggregator = scrambled(ReinforcedSpec(hidden=4))
    signals, seen = signals_of(1, 2, 3), Seen.make()
    net = {name.removeprefix("agent."): value.tolist() for name, value in aggregator.state_dict().items()}
    expected = []
    for row in range(SAMPLES):
        said, logits = signals.log_probs_TBC[:, row].tolist(), seen.logits_BC[row].tolist()
        state = [[*literal.evidence(said, k), literal.gap(said[k], logits)] for k in range(3)]
        expected.append(literal.softmax(scores(net, seen.features_BF[row].tolist(), state)))
    close(seen.weigh(aggregator, signals), expected)


def test_the_meta_network_is_its_formula() -> None:
    aggregator = scrambled(MetaSpec())
    signals, seen = signals_of(1, 2, 3), Seen.make()
    net = {name: value.tolist() for name, value in aggregator.state_dict().items()}
    assert len(net["first.weight"]) == CLASSES * 4 // 2
    expected = []
    for row in range(SAMPLES):
        student = [math.log(p) for p in literal.softmax(seen.logits_BC[row].tolist())]
        said = [value for belief in signals.log_probs_TBC[:, row].tolist() for value in belief] + student
        hidden = literal.relu(literal.linear(net["first.weight"], net["first.bias"], said))
        expected.append(literal.softmax(literal.linear(net["output.weight"], net["output.bias"], hidden)))
    close(seen.weigh(aggregator, signals), expected)


def test_the_meta_network_stays_small_where_classes_are_many() -> None:
    assert sum(p.numel() for p in MetaAggregator(teachers=5, classes=1000).parameters()) < 2_000_000


def test_static_weights_are_the_softmax_of_a_number_each() -> None:
    aggregator = scrambled(StaticWeightsSpec())
    numbers = aggregator.state_dict()["scores"].tolist()
    close(Seen.make().weigh(aggregator, signals_of(1, 2, 3)), [literal.softmax(numbers)] * SAMPLES)


def test_gates_take_features_in_any_precision() -> None:
    aggregator = scrambled(FeatureKauSpec(hidden=4)).float()
    signals = signals_of(1, 2, 3, dtype=torch.float32)
    features_BF = noise(SAMPLES, WIDTH, seed=3).to(torch.bfloat16)
    assert aggregator.weights(signals, ClassContext(features_BF)).dtype == torch.float32


@pytest.mark.parametrize(
    ("spec", "teachers", "scale"),
    [
        (EntropySpec(scale="paper"), 3, 2 / 3),
        (ConfidenceSpec(scale="paper"), 3, 1 / 3),
        (EntropySpec(scale="paper"), 1, 1.0),
        (ConfidenceSpec(scale="paper"), 1, 1.0),
        (EntropySpec(scale="paper", sharp=True), 3, 1.0),
        (EntropySpec(), 3, 1.0),
        (ConfidenceSoftmaxSpec(), 3, 1.0),
        (AverageSpec(), 3, 1.0),
    ],
)
def test_the_scale_of_the_papers_code_is_a_factor_of_the_loss(
    spec: ClassAggregatorSpec, teachers: int, scale: float
) -> None:
    assert scale_of(spec, teachers) == pytest.approx(scale)
