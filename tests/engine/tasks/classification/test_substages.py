"""Losses between substages: held against slow formulas in double precision, and whom they teach."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.tasks.classification.substages import between, distribution, resized, similarity


def _noise(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _flow(own: Tensor, other: Tensor) -> Tensor:
    """The two teachers' substages of these tests are their own maps and the mean over channels of them."""
    return between((own, own.mean(1, keepdim=True)), (other, other.mean(1, keepdim=True)))


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "distribution": distribution,
    "similarity": similarity,
    "between": _flow,
}


def test_distribution_is_the_difference_of_moments_over_the_mean_variance_of_both() -> None:
    own, other = _noise(3, 2, 2, 2, 3), 2 * _noise(3, 2, 1, 2, 2, seed=1) + 1
    apart = spread = 0.0
    for d in range(2):
        moments = []
        for maps in (own, other):
            values = [float(value) for sample in maps for value in sample[d].flatten()]
            mean = sum(values) / len(values)
            moments.append((mean, math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))))
        apart += (moments[0][0] - moments[1][0]) ** 2 + (moments[0][1] - moments[1][1]) ** 2
        spread += (moments[0][1] ** 2 + moments[1][1] ** 2) / 2
    found_B = distribution(own, other)
    assert found_B.tolist() == pytest.approx([apart / spread] * 3, rel=1e-9)


def test_weights_choose_the_samples_of_a_distribution() -> None:
    own, other = _noise(4, 3, 1, 2, 2), _noise(4, 3, 1, 2, 2, seed=1)
    some = distribution(own, other, weights_B=torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64))
    assert float(some[0]) == pytest.approx(float(distribution(own[::2], other[::2])[0]), rel=1e-12)
    assert distribution(own, other, weights_B=torch.zeros(4, dtype=torch.float64)).isfinite().all()


def test_a_distribution_does_not_see_scales_and_bears_features_without_spread() -> None:
    own, other = _noise(4, 3, 1, 2, 2), _noise(4, 3, 1, 2, 2, seed=1)
    torch.testing.assert_close(distribution(10 * own, 10 * other), distribution(own, other))
    still = torch.zeros(4, 3, 1, 2, 2)
    own_too = still.clone().requires_grad_()
    distribution(own_too, still).mean().backward()  # type: ignore[no-untyped-call]
    assert own_too.grad is not None
    assert own_too.grad.isfinite().all()


def test_similarity_is_that_of_rows_of_products_between_samples() -> None:
    own, other = _noise(4, 3, 1, 2, 2), _noise(4, 5, 2, 1, 1, seed=1)

    def rows(maps: Tensor) -> list[list[float]]:
        alike = [[float((maps[i] * maps[j]).sum()) for j in range(4)] for i in range(4)]
        return [[value / math.sqrt(sum(v**2 for v in row)) for value in row] for row in alike]

    one, two = rows(own), rows(other)
    wanted = [sum((one[i][j] - two[i][j]) ** 2 for j in range(4)) / 4 for i in range(4)]
    assert similarity(own, other).tolist() == pytest.approx(wanted, rel=1e-9)


def test_between_is_the_difference_of_products_of_substages_over_the_teachers_mean_square() -> None:
    own = _noise(2, 3, 1, 4, 4), _noise(2, 2, 1, 2, 2, seed=1)
    other = _noise(2, 3, 1, 2, 2, seed=2), _noise(2, 2, 1, 2, 2, seed=3)

    def flow(first: Tensor, second: Tensor, b: int, d: int, e: int) -> float:
        block = first.shape[3] // 2
        total = 0.0
        for i in range(2):
            for j in range(2):
                there = first[b, d, 0, block * i : block * (i + 1), block * j : block * (j + 1)].mean()
                total += float(there * second[b, e, 0, i, j])
        return total / 4

    cells = [(d, e) for d in range(3) for e in range(2)]
    scale = sum(flow(*other, b, d, e) ** 2 for b in range(2) for d, e in cells) / 12
    wanted = [
        sum((flow(*own, b, d, e) - flow(*other, b, d, e)) ** 2 for d, e in cells) / 6 / scale
        for b in range(2)
    ]
    assert between(own, other).tolist() == pytest.approx(wanted, rel=1e-9)


def test_frozen_values() -> None:
    own, other = _noise(5, 4, 2, 3, 3), _noise(5, 4, 2, 3, 3, seed=1)
    found = {name: float(loss(own, other).mean()) for name, loss in LOSSES.items()}
    assert found == pytest.approx(
        {"distribution": 0.0261152449, "similarity": 0.0107547089, "between": 0.3819079682}, rel=1e-7
    )


@pytest.mark.parametrize("name", LOSSES)
def test_the_same_maps_cost_nothing(name: str) -> None:
    maps = _noise(6, 4, 2, 3, 3).float()
    assert torch.equal(LOSSES[name](maps, maps), torch.zeros(6))


@pytest.mark.parametrize("name", LOSSES)
def test_the_order_of_a_batch_does_not_matter(name: str) -> None:
    own, other = _noise(6, 4, 1, 3, 3), _noise(6, 4, 1, 3, 3, seed=1)
    order_B = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(LOSSES[name](own[order_B], other[order_B]), LOSSES[name](own, other)[order_B])


@pytest.mark.parametrize("name", ["similarity", "between"])
def test_the_gradient_is_that_of_the_formula(name: str) -> None:
    own, other = _noise(3, 2, 1, 2, 2).requires_grad_(), _noise(3, 2, 1, 2, 2, seed=1)
    assert torch.autograd.gradcheck(lambda maps: LOSSES[name](maps, other).mean(), (own,))


def test_the_gradient_of_a_distribution_leaves_its_scale_alone() -> None:
    own, other = _noise(3, 2, 1, 2, 2).requires_grad_(), _noise(3, 2, 1, 2, 2, seed=1)
    apart = (own.mean((0, 2, 3, 4)) - other.mean((0, 2, 3, 4))).square()
    spreads = [maps.std((0, 2, 3, 4), correction=0) for maps in (own, other)]
    wanted = (apart + (spreads[0] - spreads[1]).square()).mean() / sum(
        spread.detach().square().mean() / 2 for spread in spreads
    )
    found = distribution(own, other).mean()
    torch.testing.assert_close(*(torch.autograd.grad(loss, own)[0] for loss in (found, wanted)))


def test_a_student_at_another_scale_is_not_torn_apart() -> None:
    own, other = 1000 * _noise(8, 4, 1, 3, 3), _noise(8, 4, 1, 3, 3, seed=1)
    own.requires_grad_()
    loss = distribution(own, other).mean()
    grad = torch.autograd.grad(loss, own)[0]
    assert float(loss.detach()) < 4
    assert float((grad * own).sum().abs().detach()) < 8  # the change when all of it grows by its own size


@pytest.mark.parametrize("sizes", [(2, 2, 3), (1, 4, 6), (4, 1, 1), (3, 5, 7)])
def test_maps_come_to_other_sizes_as_by_adaptive_pooling(sizes: tuple[int, int, int]) -> None:
    maps = _noise(2, 3, 4, 4, 6)
    found = resized(maps, sizes)
    assert found.shape == (2, 3, *sizes)
    torch.testing.assert_close(found.mean(dim=(2, 3, 4)), maps.mean(dim=(2, 3, 4)))
    if all(old % new == 0 for old, new in zip((4, 4, 6), sizes, strict=True)):
        torch.testing.assert_close(found, nn.functional.adaptive_avg_pool3d(maps, sizes))
