"""Losses are those of slow, literal formulas in double precision, in value and gradient."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.spec.classification.methods import DistLossSpec, DkdLossSpec, InnerLossSpec, KdLossSpec
from mtkd_engine.tasks.classification import (
    hard_label_loss,
    inner_loss,
    kd,
    losses_of_each,
    warm_up,
    weighted_loss,
)

T, B, C = 3, 6, 5
LABELS = [0, 4, 2, 2, 1, 3]
INNERS: list[InnerLossSpec] = [KdLossSpec(), DkdLossSpec(target=0.7, others=3.0), DistLossSpec(between=0.6)]


def softmax(row: list[float], temperature: float) -> list[float]:
    shifted = [math.exp((value - max(row)) / temperature) for value in row]
    return [value / sum(shifted) for value in shifted]


def kl(first: list[float], second: list[float]) -> float:
    return sum(p * math.log(p / q) for p, q in zip(first, second, strict=True) if p > 0)


def pearson(one: list[float], other: list[float]) -> float:
    first = [value - sum(one) / len(one) for value in one]
    second = [value - sum(other) / len(other) for value in other]
    norms = math.sqrt(sum(value**2 for value in first) * sum(value**2 for value in second))
    return sum(a * b for a, b in zip(first, second, strict=True)) / norms


def literal(
    inner: InnerLossSpec, student: list[list[float]], teacher: list[list[float]], temperature: float
) -> list[float]:
    """Each sample by itself, in plain Python."""
    said = [softmax(row, temperature) for row in student]
    taught = [softmax(row, temperature) for row in teacher]
    if isinstance(inner, KdLossSpec):
        return [temperature**2 * kl(p, q) for p, q in zip(taught, said, strict=True)]
    losses = []
    columns = sum(
        1 - pearson([row[place] for row in taught], [row[place] for row in said]) for place in range(C)
    )
    for label, p, q in zip(LABELS, taught, said, strict=True):
        if isinstance(inner, DistLossSpec):
            value = inner.between * (1 - pearson(p, q)) + inner.within * columns / C
        else:
            among_p = [value / (1 - p[label]) for place, value in enumerate(p) if place != label]
            among_q = [value / (1 - q[label]) for place, value in enumerate(q) if place != label]
            target = kl([p[label], 1 - p[label]], [q[label], 1 - q[label]])
            value = inner.target * target + inner.others * kl(among_p, among_q)
        losses.append(temperature**2 * value)
    return losses


@pytest.fixture
def given() -> SimpleNamespace:
    generator = torch.Generator().manual_seed(4)
    logits = 2.0 * torch.randn(B, C, generator=generator)
    beliefs = torch.log_softmax(2.0 * torch.randn(T, B, C, generator=generator), -1)
    weights = torch.softmax(torch.randn(B, T, generator=generator), 1)
    return SimpleNamespace(logits=logits, beliefs=beliefs, weights=weights)


def slope(loss: Tensor, of: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, of)
    return gradient


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_losses_against_each_teacher_are_the_literal_ones(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec, temperature: float
) -> None:
    batch = make_images.batch(LABELS)
    each = losses_of_each(inner, given.logits, given.beliefs, batch, temperature=temperature)
    wanted = [
        literal(inner, given.logits.double().tolist(), belief.double().tolist(), temperature)
        for belief in given.beliefs
    ]
    torch.testing.assert_close(each, torch.tensor(wanted).T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
def test_gradients_are_those_of_finite_differences_of_the_literal_formula(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec
) -> None:
    batch, logits = make_images.batch(LABELS), given.logits.requires_grad_()
    loss = weighted_loss(inner, logits, given.beliefs, given.weights, batch, temperature=2.0).sum()
    found = slope(loss, logits)
    weights, beliefs = given.weights.double(), given.beliefs.double()

    def value(rows: Tensor) -> float:
        each = [literal(inner, rows.tolist(), belief.tolist(), 2.0) for belief in beliefs]
        return float((torch.tensor(each, dtype=torch.float64).T * weights).sum())

    point = logits.detach().double()
    assert float(loss.detach()) == pytest.approx(value(point), rel=1e-4)
    for row, place in [(0, 0), (1, 4), (2, 3), (5, 1)]:
        step = torch.zeros_like(point)
        step[row, place] = 1e-5
        estimate = (value(point + step) - value(point - step)) / 2e-5
        assert float(found[row, place]) == pytest.approx(estimate, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
def test_weighted_losses_are_the_weighted_sum_of_each_with_the_gradients_of_logits_and_weights(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec
) -> None:
    batch = make_images.batch(LABELS, others=LABELS[::-1], shares=[0.9, 0.5, 0.0, 1.0, 0.3, 0.7])
    logits, weights = given.logits.requires_grad_(), given.weights.requires_grad_()
    at_once = weighted_loss(inner, logits, given.beliefs, weights, batch, temperature=4.0)
    each = losses_of_each(inner, logits, given.beliefs, batch, temperature=4.0)
    one_by_one = (each * weights).sum(1)
    torch.testing.assert_close(at_once, one_by_one, rtol=1e-4, atol=1e-5)
    for first, second in zip(
        torch.autograd.grad(at_once.mean(), (logits, weights)),
        torch.autograd.grad(one_by_one.mean(), (logits, weights)),
        strict=True,
    ):
        torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-5)


def test_kd_against_a_mixture_has_the_gradient_of_the_weighted_sum(
    make_images: SimpleNamespace, given: SimpleNamespace
) -> None:
    logits = given.logits.requires_grad_()
    softened = torch.softmax(given.beliefs / 4.0, -1)
    mixture = (softened * given.weights.T.unsqueeze(-1)).sum(0).log()
    batch = make_images.batch(LABELS)
    several = weighted_loss(KdLossSpec(), logits, given.beliefs, given.weights, batch, temperature=4.0)
    torch.testing.assert_close(
        slope(kd(logits, mixture, temperature=4.0).sum(), logits),
        slope(several.sum(), logits),
        rtol=1e-4,
        atol=1e-5,
    )


def test_dkd_with_its_parts_weighed_as_in_kd_is_kd(
    make_images: SimpleNamespace, given: SimpleNamespace
) -> None:
    belief, batch = given.beliefs[0], make_images.batch(LABELS)
    probs = torch.softmax(belief / 2.0, 1)
    for row, label in enumerate(LABELS):
        spec = DkdLossSpec(target=1.0, others=float(1 - probs[row, label]))
        decoupled = inner_loss(spec, given.logits, belief, batch, temperature=2.0)
        plain = inner_loss(KdLossSpec(), given.logits, belief, batch, temperature=2.0)
        assert float(decoupled[row]) == pytest.approx(float(plain[row]), rel=1e-4)


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
def test_a_student_that_says_what_the_teacher_says_loses_nothing(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec
) -> None:
    belief, batch = given.beliefs[0], make_images.batch(LABELS)
    logits = (belief + 3.0).requires_grad_()
    loss = inner_loss(inner, logits, belief, batch, temperature=4.0)
    torch.testing.assert_close(loss, torch.zeros(B), rtol=0.0, atol=1e-4)
    torch.testing.assert_close(slope(loss.sum(), logits), torch.zeros(B, C), rtol=0.0, atol=1e-4)


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
@pytest.mark.parametrize("scale", [0.0, 1e4])
def test_flat_and_extreme_logits_keep_losses_and_gradients_finite(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec, scale: float
) -> None:
    beliefs = torch.log_softmax(scale * given.beliefs, -1)
    batch = make_images.batch(LABELS)
    for start in (given.logits, -given.beliefs[0]):
        logits = (scale * start).requires_grad_()
        loss = weighted_loss(inner, logits, beliefs, given.weights, batch, temperature=4.0).sum()
        assert math.isfinite(float(loss.detach()))
        assert bool(slope(loss, logits).isfinite().all())


def test_dkd_of_two_classes_has_nothing_among_the_others(make_images: SimpleNamespace) -> None:
    logits, belief = torch.tensor([[1.0, -1.0]]), torch.tensor([[0.3, 0.7]]).log()
    batch = make_images.batch([1])
    losses = [
        inner_loss(DkdLossSpec(others=others), logits, belief, batch, temperature=1.0)
        for others in (0.0, 9.0)
    ]
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(losses[0], inner_loss(KdLossSpec(), logits, belief, batch, temperature=1.0))


def test_a_class_that_a_target_rules_out_costs_nothing_and_is_no_nan(given: SimpleNamespace) -> None:
    logits = given.logits.requires_grad_()
    target = torch.full((B, C), -torch.inf)
    target[:, 0] = 0.0
    loss = kd(logits, target, temperature=3.0)
    torch.testing.assert_close(loss, -9.0 * torch.log_softmax(logits / 3.0, 1)[:, 0])
    assert bool(slope(loss.sum(), logits).isfinite().all())


def test_targets_of_drawn_shares_have_the_gradient_of_the_whole_belief_on_average(
    given: SimpleNamespace,
) -> None:
    logits = given.logits.requires_grad_()
    shares = torch.softmax(given.beliefs[0], 1)
    drawn = torch.multinomial(shares, 40_000, replacement=True, generator=torch.Generator().manual_seed(1))
    counted = torch.stack([torch.bincount(row, minlength=C) for row in drawn]) / 40_000
    whole = slope(kd(logits, shares.log(), temperature=1.0).sum(), logits)
    estimate = slope(kd(logits, counted.log(), temperature=1.0).sum(), logits)
    torch.testing.assert_close(estimate, whole, rtol=0.0, atol=0.01)


def test_labels_of_mixed_images_count_by_their_shares(
    make_images: SimpleNamespace, given: SimpleNamespace
) -> None:
    shares = [0.9, 0.5, 0.0, 1.0, 0.3, 0.7]
    plain, turned = make_images.batch(LABELS), make_images.batch(LABELS[::-1])
    mixed = make_images.batch(LABELS, others=LABELS[::-1], shares=shares)
    logits = given.logits
    ones = [
        share * float(hard_label_loss(logits[row : row + 1], make_images.batch([LABELS[row]])))
        + (1 - share)
        * float(hard_label_loss(logits[row : row + 1], make_images.batch([LABELS[B - 1 - row]])))
        for row, share in enumerate(shares)
    ]
    assert float(hard_label_loss(logits, mixed)) == pytest.approx(sum(ones) / B, rel=1e-5)
    whole = make_images.batch(LABELS, others=LABELS[::-1], shares=[1.0] * B)
    assert float(hard_label_loss(logits, whole)) == pytest.approx(float(hard_label_loss(logits, plain)))
    none = make_images.batch(LABELS, others=LABELS[::-1], shares=[0.0] * B)
    assert float(hard_label_loss(logits, none)) == pytest.approx(float(hard_label_loss(logits, turned)))


@pytest.mark.parametrize("inner", INNERS, ids=lambda inner: inner.kind)
def test_logits_in_half_the_bits_are_compared_in_full(
    make_images: SimpleNamespace, given: SimpleNamespace, inner: InnerLossSpec
) -> None:
    batch, half = make_images.batch(LABELS), given.logits.bfloat16()
    loss = weighted_loss(inner, half, given.beliefs, given.weights, batch, temperature=4.0)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(
        loss, weighted_loss(inner, half.float(), given.beliefs, given.weights, batch, temperature=4.0)
    )
    assert hard_label_loss(half, batch).dtype == torch.float32


def test_what_is_kept_for_the_backward_pass_does_not_grow_with_teachers(
    make_images: SimpleNamespace, given: SimpleNamespace
) -> None:
    batch, logits = make_images.batch(LABELS), given.logits.requires_grad_()

    def kept(inner: InnerLossSpec, teachers: int) -> int:
        beliefs = given.beliefs[:1].expand(teachers, -1, -1)
        weights = torch.full((B, teachers), 1 / teachers)
        sizes: list[int] = []

        def keep(tensor: Tensor) -> Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            weighted_loss(inner, logits, beliefs, weights, batch, temperature=4.0)
        return sum(size for size in sizes if size >= B * C)

    for inner in INNERS[:2]:
        assert kept(inner, 1) == kept(inner, 8)


def test_dkd_grows_to_its_weight_over_the_warm_up() -> None:
    spec = DkdLossSpec(warmup_epochs=4)
    assert [warm_up(spec, epoch=epoch) for epoch in (1, 2, 4, 9)] == [0.25, 0.5, 1.0, 1.0]
    assert warm_up(DkdLossSpec(warmup_epochs=0), epoch=1) == 1.0
