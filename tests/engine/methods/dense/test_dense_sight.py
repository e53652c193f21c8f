"""A network of a dense task runs behind its own transform; what is shared may be pictures or films."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.evaluation.dense.looking import as_it_is, look
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import DenseOptimSpec, FilmInput, PictureInput, PyramidNet, SaliencyCard, SegmenterCard

PICTURE = PictureInput(height=16, width=24)


def pixels(*shape: int) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, generator=draw, dtype=torch.uint8)


def segmenter() -> DenseNet:
    return build_for(SegmenterCard(net=PyramidNet(width=8), classes=("a", "b"), input=PICTURE))


class Counting(DenseNet):
    """Says of each frame its mean, and how many frames it was shown at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once: list[int] = []

    def forward(self, given: Tensor) -> Tensor:
        self.at_once.append(given.shape[1])
        return given.mean(-3)


def test_a_network_of_pictures_sees_each_frame_by_itself() -> None:
    net = build_for(SaliencyCard(net=PyramidNet(width=8), input=PICTURE)).eval()
    frames = pixels(2, 3, 3, 20, 20)
    together = as_it_is(net, PICTURE)(frames)
    alone = as_it_is(net, PICTURE)(frames[1, 2].unsqueeze(0))
    assert together.shape[:2] == (2, 3)
    torch.testing.assert_close(together[1, 2], alone[0])


def test_longer_films_are_seen_part_by_part_in_their_order() -> None:
    net, reads = Counting(), FilmInput(frames=4, height=16, width=16)
    frames = pixels(1, 10, 3, 16, 16)
    parts = look(net, frames, reads)
    assert net.at_once == [4, 4, 2]
    whole = look(net, frames, reads.model_copy(update={"frames": 10}))
    torch.testing.assert_close(parts, whole)


def test_being_asked_leaves_training_mode_and_gradients_as_they_are() -> None:
    net = segmenter().train()
    said = as_it_is(net, PICTURE)(pixels(2, 3, 16, 24))
    assert net.training
    assert not said.requires_grad


@pytest.mark.parametrize("options", [{"precision": "bfloat16"}, {"channels_last": True}])
def test_options_of_the_optimiser_change_how_numbers_are_held_and_hardly_the_answer(
    options: dict[str, str],
) -> None:
    net, shared = segmenter().eval(), pixels(2, 3, 20, 20)
    plain = Sight(net, PICTURE).look(shared).detach()
    held = Sight(net, PICTURE, optim=DenseOptimSpec.model_validate(options)).look(shared)
    assert held.dtype == torch.float32
    assert held.requires_grad
    torch.testing.assert_close(held.detach(), plain, atol=0.05, rtol=0.05)


def test_films_may_be_trained_with_channels_last_which_pictures_alone_have() -> None:
    net, reads = Counting(), FilmInput(frames=4, height=16, width=16)
    net.weight = torch.nn.Parameter(torch.ones(2, 3, 1, 1, 1))
    optim = DenseOptimSpec(channels_last=True)
    assert Sight(net, reads, optim=optim).look(pixels(1, 4, 3, 16, 16)).shape == (1, 4, 16, 16)
