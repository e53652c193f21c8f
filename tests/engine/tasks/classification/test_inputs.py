"""Every network reads the shared pixels in its own way."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.spec import ImageInput
from mtkd_engine.tasks.classification import to_input


def pixels(size: int = 8) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (3, 3, size, size), generator=generator).to(torch.uint8)


def test_each_channel_is_normalised_by_its_own_mean_and_spread() -> None:
    spec = ImageInput(size=8, mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    mean, std = (torch.tensor(values).double().view(3, 1, 1) for values in (spec.mean, spec.std))
    wanted = (pixels().double() / 255 - mean) / std
    torch.testing.assert_close(to_input(pixels(), spec), wanted.float(), rtol=1e-6, atol=1e-6)


def test_a_network_of_one_channel_reads_grey() -> None:
    spec = ImageInput(size=8, mean=(0.4,), std=(0.2,))
    red, green, blue = (pixels().double() / 255).unbind(1)
    wanted = ((0.299 * red + 0.587 * green + 0.114 * blue) - 0.4) / 0.2
    torch.testing.assert_close(to_input(pixels(), spec).squeeze(1), wanted.float(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [8, 16, 24])
def test_images_are_brought_to_the_size_of_the_network(size: int) -> None:
    spec = ImageInput(size=size, mean=(0.0,) * 3, std=(1.0,) * 3)
    flat = torch.full((2, 3, 16, 16), 51, dtype=torch.uint8)
    torch.testing.assert_close(to_input(flat, spec), torch.full((2, 3, size, size), 0.2))
    read = to_input(pixels(16), spec)
    means = pixels(16).float().mean((2, 3)) / 255
    torch.testing.assert_close(read.mean((2, 3)), means, rtol=0.03, atol=0.0)


def test_shrinking_by_two_smooths_over_what_falls_away() -> None:
    stripes = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    stripes[..., ::2] = 200
    read = to_input(stripes, ImageInput(size=8, mean=(0.0,) * 3, std=(1 / 255,) * 3))
    assert float((read[..., 1:-1] - 100).abs().max()) < 1.0


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("size", [8, 12])
def test_the_order_in_memory_is_the_asked_one_and_changes_no_value(channels_last: bool, size: int) -> None:
    spec = ImageInput(size=size)
    shared = pixels().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # as batches come
    read = to_input(shared, spec, channels_last=channels_last)
    order = torch.channels_last if channels_last else torch.contiguous_format
    assert read.is_contiguous(memory_format=order)
    torch.testing.assert_close(read, to_input(pixels(), spec))


def test_mixed_images_are_read_as_they_are() -> None:
    mixed = pixels().float() * 0.5
    spec = ImageInput(size=8, mean=(0.0,) * 3, std=(1.0,) * 3)
    torch.testing.assert_close(to_input(mixed, spec), pixels().float() / 510)


def test_what_is_read_first_without_gradients_may_be_trained_on_later() -> None:
    spec = ImageInput(size=8, mean=(0.123,) * 3, std=(0.321,) * 3)
    with torch.inference_mode():
        to_input(pixels(), spec)
    weight = torch.ones(3, 1, 1, requires_grad=True)
    (to_input(pixels(), spec) * weight).sum().backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
