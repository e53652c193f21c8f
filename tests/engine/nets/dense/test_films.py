"""What holds for networks that read films: any number of frames, and time in its order."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import SpecError
from tests.engine.nets.dense.networks import FILM_NETS, built, given_to, saliency

of_films = pytest.mark.parametrize("name", FILM_NETS)


@of_films
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_fewer_frames_than_the_card_says_are_read_too(name: str, frames: int) -> None:
    card = saliency(FILM_NETS[name])
    net = built(card).eval()
    assert net(given_to(card, frames=frames)).shape[1] == frames


@of_films
def test_a_frame_is_seen_in_the_light_of_the_others(name: str) -> None:
    card = saliency(FILM_NETS[name])
    net, film = built(card).eval(), given_to(card)
    other = film.clone()
    other[:, -1] = torch.randn_like(other[:, -1])
    with torch.no_grad():
        assert not torch.allclose(net(film)[:, 0], net(other)[:, 0])


def test_convolutions_see_a_still_as_the_same_picture_in_its_middle() -> None:
    card = saliency(
        {**FILM_NETS["conv3d"], "stages": 2}, input={"kind": "film", "frames": 24, "height": 16, "width": 16}
    )
    net = built(card).eval()
    still = given_to(card, frames=1).expand(-1, 24, -1, -1, -1)
    with torch.no_grad():
        said = net(still)
    torch.testing.assert_close(said[:, 11], said[:, 12], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["divided attention", "factorised attention"])
def test_attention_tells_moments_apart_by_learned_positions_alone(name: str) -> None:
    card = saliency(FILM_NETS[name])
    net, film = built(card).eval(), given_to(card)
    order = torch.tensor([2, 0, 3, 1])
    with torch.no_grad():
        assert not torch.allclose(net(film[:, order]), net(film)[:, order], atol=1e-5)
        net.get_parameter("moments").zero_()
        torch.testing.assert_close(net(film[:, order]), net(film)[:, order], rtol=1e-4, atol=1e-5)


def test_too_many_patches_are_refused_before_any_memory_is_taken() -> None:
    card = saliency(
        {**FILM_NETS["divided attention"], "patch": 2},
        input={"kind": "film", "frames": 64, "height": 256, "width": 256},
    )
    with pytest.raises(SpecError, match=r"16,384 patches of each of 64 frames, accepted are up to 256"):
        build_for(card)
