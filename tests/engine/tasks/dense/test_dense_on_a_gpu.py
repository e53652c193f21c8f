"""Dense splits, beliefs and losses on a CUDA device: the host's bits, and repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.spec.dense.inputs import PictureInput
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.classification import ClassMap
from mtkd_engine.tasks.dense.inputs import to_dense_input
from mtkd_engine.tasks.segmentation import Confusion, MaskSplit, belief, per_sample_loss, transfer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
READS = PictureInput(height=24, width=40)


@pytest.fixture
def splits(tmp_path: Path) -> tuple[MaskSplit, MaskSplit]:
    make_masks(tmp_path / "world", pictures=PicturesPerSplit(train=12, val=2, test=2))
    dataset = load_masks(tmp_path / "world")
    here, there = (
        MaskSplit(dataset, "train", height=32, width=32, augment=DenseAugmentSpec(), device=device)
        for device in ("cpu", "cuda")
    )
    return here, there


@pytest.fixture
def _deterministic() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(before)


def step(split: MaskSplit, weight: torch.Tensor, *, epoch: int) -> torch.Tensor:
    """One step of a network that is a matrix; gives its gradient."""
    classes = ClassMap.of(list("edcba"), list("abcde"))
    batch = split.batch(range(8), epoch=epoch)
    logits = torch.einsum("kc,bchw->bkhw", weight, to_dense_input(batch.inputs, READS)[..., ::4, ::4])
    said = belief(logits, temperature=1.0, classes=classes, height=32, width=32)
    taught = transfer(said.detach().roll(1, 1), said, batch.truth)
    (per_sample_loss(said, batch.truth) + taught).mean().backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
    gradient, weight.grad = weight.grad, None
    return gradient


def test_views_have_the_bits_of_the_host(splits: tuple[MaskSplit, MaskSplit]) -> None:
    here, there = splits
    for view in (-1, 0, 3):
        one, other = here.at_view(view, range(12)), there.at_view(view, range(12))
        assert torch.equal(one.inputs, other.inputs.cpu())
        assert torch.equal(one.truth, other.truth.cpu())
        assert other.rows_B.device.type == other.views_B.device.type == "cpu"


@pytest.mark.usefixtures("_deterministic")
def test_a_step_is_repeatable(splits: tuple[MaskSplit, MaskSplit]) -> None:
    weight = torch.randn(5, 3, device="cuda", requires_grad=True)
    step(splits[1], weight, epoch=0)
    first, again = step(splits[1], weight, epoch=1), step(splits[1], weight, epoch=1)
    assert torch.equal(first, again)


@pytest.mark.usefixtures("_deterministic")
def test_counts_are_those_of_the_host(splits: tuple[MaskSplit, MaskSplit]) -> None:
    log_probs = torch.randn(12, 5, 16, 16).log_softmax(1)
    counted = [
        Confusion.at_full(log_probs.to(split.device), [split.full_truth(row) for row in range(12)])
        for split in splits
    ]
    assert torch.equal(counted[0].truth_NC, counted[1].truth_NC.cpu())
    values = [one.values for one in counted]
    assert values[0] == pytest.approx(values[1], abs=1e-3)
