"""Operations of RandAugment mean what Pillow's mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

from mtkd_engine.tasks.classification import randaugment as ra

STRENGTH = 0.5


def pictures() -> Tensor:
    """Images of unlike kinds: noise, few values, a ramp, one colour."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (2, 25, 25, 3), generator=generator)
    few = torch.randint(60, 90, (2, 25, 25, 3), generator=generator)
    ramp = ((torch.arange(625) % 200).view(1, 25, 25, 1) + torch.tensor([0, 10, 30])).expand(1, 25, 25, 3)
    return torch.cat([noise, few, ramp, torch.full((1, 25, 25, 3), 77)]).to(torch.uint8)


def each(images: Tensor, change: Callable[[Image.Image], Image.Image]) -> Tensor:
    changed = [np.asarray(change(Image.fromarray(image.numpy()))) for image in images]
    return torch.from_numpy(np.stack(changed))


def signs(images: Tensor, sign: int = 1) -> Tensor:
    return torch.full((len(images),), sign)


@pytest.mark.parametrize(
    ("operation", "pillow"),
    [
        (ra.equalize, ImageOps.equalize),
        (ra.solarize, lambda image: ImageOps.solarize(image, 128)),
        (ra.posterize, lambda image: ImageOps.posterize(image, 6)),
    ],
)
def test_operations_on_values_have_pillows_bits(
    operation: Callable[[Tensor, Tensor, float], Tensor], pillow: Callable[[Image.Image], Image.Image]
) -> None:
    images = pictures()
    assert torch.equal(operation(images, signs(images), STRENGTH), each(images, pillow))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("operation", "enhance"),
    [
        (ra.autocontrast, lambda image, _: ImageOps.autocontrast(image)),
        (ra.color, lambda image, factor: ImageEnhance.Color(image).enhance(factor)),
        (ra.contrast, lambda image, factor: ImageEnhance.Contrast(image).enhance(factor)),
        (ra.brightness, lambda image, factor: ImageEnhance.Brightness(image).enhance(factor)),
        (ra.sharpness, lambda image, factor: ImageEnhance.Sharpness(image).enhance(factor)),
    ],
)
def test_blends_differ_from_pillows_by_rounding_only(
    operation: Callable[[Tensor, Tensor, float], Tensor],
    enhance: Callable[[Image.Image, float], Image.Image],
    sign: int,
) -> None:
    images = pictures()
    ours = operation(images, signs(images, sign), STRENGTH).int()
    theirs = each(images, lambda image: enhance(image, 1 + sign * 0.9 * STRENGTH)).int()
    assert int((ours - theirs).abs().max()) <= 1


def test_a_move_takes_whole_pixels_and_leaves_grey() -> None:
    images = pictures()
    moved = ra.translate_x(images, signs(images), STRENGTH)  # round(0.45 * 0.5 * 25) = 6
    assert torch.equal(moved[:, :, :19], images[:, :, 6:])
    assert bool((moved[:, :, 19:] == 128).all())
    back = ra.translate_y(images, signs(images, -1), STRENGTH)
    assert torch.equal(back[:, 6:], images[:, :19])


@pytest.mark.parametrize("sign", [1, -1])
def test_turning_is_that_of_pillow(sign: int) -> None:
    images = pictures()[:2]
    ours = ra.rotate(images, signs(images, sign), 0.55)
    theirs = each(
        images,
        lambda image: image.rotate(
            -sign * 0.55 * 30, resample=Image.Resampling.NEAREST, fillcolor=(128, 128, 128)
        ),
    )
    assert float((ours == theirs).float().mean()) > 0.97  # places halfway between pixels fall either way


@pytest.mark.parametrize("operation", [ra.shear_x, ra.shear_y])
def test_a_shear_keeps_the_middle_and_moves_the_ends_apart(
    operation: Callable[[Tensor, Tensor, float], Tensor],
) -> None:
    images = pictures()[:1]
    leant = operation(images, signs(images), 1.0)
    turned = leant if operation is ra.shear_x else leant.transpose(1, 2)
    straight = images if operation is ra.shear_x else images.transpose(1, 2)
    assert torch.equal(turned[:, 12], straight[:, 12])
    assert torch.equal(turned[:, 24, :21], straight[:, 24, 4:])  # 0.3 * 12 = 3.6
    assert torch.equal(turned[:, 0, 4:], straight[:, 0, :21])


@pytest.mark.parametrize("operation", [kind for kind in ra.KINDS if kind is not None])
def test_each_operation_changes_images_alone_and_at_no_strength_leaves_them(
    operation: Callable[[Tensor, Tensor, float], Tensor],
) -> None:
    images = pictures()
    changed = operation(images, signs(images), STRENGTH)
    assert changed.shape == images.shape
    assert changed.dtype == torch.uint8
    assert not torch.equal(changed, images)
    for place in range(len(images)):
        alone = operation(images[place : place + 1], signs(images[:1]), STRENGTH)
        assert torch.equal(alone[0], changed[place])
    if operation not in (ra.autocontrast, ra.equalize):
        assert torch.equal(operation(images, signs(images), 0.0), images)


def test_every_image_gets_the_operation_that_was_drawn_for_it() -> None:
    images = pictures()
    kinds = [4, 0, 6, 4, 0, 6]  # solarize, nothing, posterize
    order = torch.tensor([1, 4, 0, 3, 2, 5])
    counts = tuple(kinds.count(kind) for kind in range(len(ra.KINDS)))
    changed = ra.changed(
        images, order, order.argsort(), torch.ones(6, dtype=torch.int64), counts=counts, magnitude=15
    )
    for place, kind in enumerate(kinds):
        operation = ra.KINDS[kind]
        own = images[place : place + 1]
        wanted = own if operation is None else operation(own, signs(own), STRENGTH)
        assert torch.equal(changed[place], wanted[0])
