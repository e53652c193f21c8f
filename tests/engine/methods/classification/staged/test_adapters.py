"""What stands between features of different widths."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.methods.classification.staged.adapters import Adapter
from mtkd_engine.tasks.classification.substages import distribution


def _noise(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def test_between_equal_widths_nothing_stands_but_sizes_meet() -> None:
    adapter, maps = Adapter(3, 3), _noise(2, 3, 1, 4, 4)
    mapped, met = adapter(maps, (1, 2, 2))
    assert mapped is maps
    assert met.shape == (2, 3, 1, 2, 2)
    assert not list(adapter.parameters())
    assert adapter(maps, (1, 4, 4))[1] is maps


def test_another_width_is_reached_by_a_convolution_of_single_places() -> None:
    torch.manual_seed(1)
    adapter, maps = Adapter(3, 5).eval(), _noise(2, 3, 2, 4, 4)
    mapped, met = adapter(maps, (2, 4, 4))
    weight = adapter.get_parameter("mapping.weight")[:, :, 0]
    torch.testing.assert_close(mapped, torch.einsum("od,bdlhw->bolhw", weight, maps))
    torch.testing.assert_close(met, mapped / (1 + 1e-5) ** 0.5)


def test_what_it_gives_begins_with_the_moments_of_the_teacher() -> None:
    adapter, other = Adapter(3, 5).train(), 2 * _noise(8, 5, 1, 3, 3) - 1
    own = 5 * _noise(8, 3, 1, 3, 3, seed=1)
    adapter.begin_at(own, other)
    mapped, met = adapter(own, (1, 3, 3))
    assert distribution(met, other).max() < 1e-6
    spreads = [maps.transpose(0, 1).flatten(1).std(1) for maps in (mapped, other)]
    torch.testing.assert_close(*spreads)


def test_the_student_learns_of_a_distribution_before_normalisation_only() -> None:
    adapter, other = Adapter(3, 5).train(), _noise(8, 5, 1, 3, 3).square()
    pulls = []
    for place in (0, 1):
        maps = _noise(8, 3, 1, 3, 3, seed=1).requires_grad_()
        distribution(adapter(maps, (1, 3, 3))[place], other).mean().backward()  # type: ignore[no-untyped-call]
        assert maps.grad is not None
        pulls.append(float(maps.grad.norm()))
    assert pulls[0] > 1e-2
    assert pulls[1] < 1e-5


def test_a_single_vector_passes_in_training() -> None:
    adapter = Adapter(3, 5).train()
    _, met = adapter(_noise(1, 3, 1, 1, 1), (1, 1, 1))
    assert met.isfinite().all()
    assert int(adapter.get_buffer("norm.num_batches_tracked")) == 0
