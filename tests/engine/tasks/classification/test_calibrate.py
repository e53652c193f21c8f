"""A classifier's scale is absorbed before anything weighs it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.tasks.classification import fit_temperature


@pytest.fixture(scope="module")
def held_out() -> tuple[Tensor, Tensor]:
    """Logits three times as sharp as the truth that they predict."""
    generator = torch.Generator().manual_seed(0)
    logits_NC = 6.0 * torch.randn(3000, 5, generator=generator)
    labels_N = torch.multinomial(torch.softmax(logits_NC / 3.0, 1), 1, generator=generator).squeeze(1)
    return logits_NC, labels_N


def test_the_temperature_of_an_overconfident_classifier_is_found(held_out: tuple[Tensor, Tensor]) -> None:
    logits_NC, labels_N = held_out
    temperature = fit_temperature(logits_NC, labels_N)
    assert temperature == pytest.approx(3.0, rel=0.1)
    best = functional.cross_entropy(logits_NC / temperature, labels_N)
    for factor in (0.95, 1.05):
        assert best <= functional.cross_entropy(logits_NC / (factor * temperature), labels_N)


@pytest.mark.parametrize("factor", [0.001, 1000.0])
def test_the_scale_of_logits_is_the_scale_of_the_temperature(
    held_out: tuple[Tensor, Tensor], factor: float
) -> None:
    logits_NC, labels_N = held_out
    scaled = fit_temperature(factor * logits_NC, labels_N)
    assert scaled == pytest.approx(factor * fit_temperature(logits_NC, labels_N), rel=1e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_perfect_and_a_useless_classifier_keep_a_bounded_temperature(sign: float) -> None:
    labels_N = torch.arange(5).repeat(4)
    temperature = fit_temperature(sign * 5.0 * functional.one_hot(labels_N).float(), labels_N)
    assert 0.05 <= temperature <= 50.0


def test_constant_logits_keep_the_temperature_one() -> None:
    assert fit_temperature(torch.full((4, 3), 7.0), torch.tensor([0, 1, 2, 0])) == 1.0


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="labels: given none"):
        fit_temperature(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))
