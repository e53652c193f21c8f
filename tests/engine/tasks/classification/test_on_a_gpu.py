"""On a CUDA device views have the bits that they have on the host, and nothing waits for the device."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.spec import ImageInput
from mtkd_engine.spec.classification.methods import DistLossSpec, DkdLossSpec, KdLossSpec
from mtkd_engine.spec.classification.views import AugmentSpec
from mtkd_engine.tasks.classification import (
    ClassMap,
    ImageSplit,
    belief,
    hard_label_loss,
    to_input,
    weighted_loss,
)

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

AUGMENT = AugmentSpec(views=4, crop_padding=2, randaugment=2, mixup=0.5)


@pytest.fixture
def splits(make_images: SimpleNamespace) -> tuple[ImageSplit, ImageSplit]:
    made = make_images.split(AUGMENT)
    samples = [LabelledSample(f"s{number}", f"s{number}", number % 5, number) for number in range(60)]
    there = ImageSplit(
        samples, made.images, name="train", size=make_images.size, augment=AUGMENT, seed=0, device="cuda"
    )
    return made.split, there


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    yield
    torch.cuda.set_sync_debug_mode("default")


def test_views_have_the_bits_of_the_host(splits: tuple[ImageSplit, ImageSplit]) -> None:
    here, there = splits
    for view in (-1, 0, 3):
        one, other = here.at_view(view, range(60)), there.at_view(view, range(60))
        assert torch.equal(one.images_BCHW, other.images_BCHW.cpu())
        assert torch.equal(one.labels_B, other.labels_B.cpu())
        assert other.rows_B.device.type == other.views_B.device.type == "cpu"
        if one.mixed is not None and other.mixed is not None:
            assert torch.equal(one.mixed.share_B, other.mixed.share_B.cpu())


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("inner", [KdLossSpec(), DkdLossSpec(), DistLossSpec()], ids=lambda inner: inner.kind)
def test_a_step_from_pixels_to_gradients_waits_for_nothing(
    splits: tuple[ImageSplit, ImageSplit], inner: KdLossSpec | DkdLossSpec | DistLossSpec
) -> None:
    reads = ImageInput(size=16, mean=(0.5,), std=(0.25,))
    classes = ClassMap.of(list("edcba"), list("abcde"))
    weight = torch.randn(5, 256, device="cuda", requires_grad=True)
    weights = torch.full((8, 2), 0.5, device="cuda")

    def step(epoch: int) -> None:
        batch = splits[1].batch(range(8), epoch=epoch)
        logits = to_input(batch.images_BCHW, reads).flatten(1) @ weight.T
        teachers = torch.stack(
            [belief(logits.detach() * factor, temperature=2.0, classes=classes) for factor in (1, 2)]
        )
        loss = weighted_loss(inner, logits, teachers, weights, batch, temperature=4.0).mean()
        (loss + hard_label_loss(logits, batch)).backward()  # type: ignore[no-untyped-call]

    step(0)
    torch.cuda.set_sync_debug_mode("error")
    step(1)
