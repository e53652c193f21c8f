"""What holds for every network with an output for each pixel."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mtkd_engine.modelfile import check_model, load_dense, model_hash, read_card, save_model
from mtkd_engine.spec import FilmInput, SegmenterCard
from tests.engine.nets.dense.networks import CARDS, built, given_to

of_every_network = pytest.mark.parametrize("name", CARDS)


@of_every_network
def test_logits_are_cells_of_what_the_task_tells(name: str) -> None:
    card = CARDS[name]
    said = built(card).eval()(given_to(card))
    height, width = said.shape[-2:]
    assert 1 <= height <= 2 * card.input.height
    assert 1 <= width <= 2 * card.input.width
    if isinstance(card, SegmenterCard):
        assert said.shape[:-2] == (2, len(card.classes))
    elif isinstance(card.input, FilmInput):
        assert said.shape[:-2] == (2, card.input.frames)
    else:
        assert said.shape[:-2] == (2,)
    assert bool(torch.isfinite(said).all())


@of_every_network
def test_a_gradient_reaches_every_parameter(name: str) -> None:
    card = CARDS[name]
    net = built(card).train()
    said = net(given_to(card))
    (said * torch.randn(said.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert [key for key, tensor in net.named_parameters() if tensor.grad is None] == []


@of_every_network
def test_samples_of_a_batch_do_not_see_each_other(name: str) -> None:
    card = CARDS[name]
    net, given = built(card).eval(), given_to(card, samples=3)
    with torch.no_grad():
        together, other = net(given), net(given.flip(0)).flip(0)
        torch.testing.assert_close(together, other, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(together[1:2], net(given[1:2]), rtol=1e-4, atol=1e-5)


@of_every_network
def test_the_same_seed_gives_the_same_bits_forward_and_backward(name: str) -> None:
    card, found = CARDS[name], []
    for _ in range(2):
        net = built(card, seed=7).train()
        torch.manual_seed(8)  # what is dropped out is drawn
        said = net(given_to(card))
        said.square().sum().backward()
        found.append([said, *(tensor.grad for tensor in net.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@of_every_network
def test_a_batch_of_one_sample_can_be_trained_on(name: str) -> None:
    card = CARDS[name]
    said = built(card).train()(given_to(card, samples=1))
    said.sum().backward()
    assert bool(torch.isfinite(said).all())


@of_every_network
def test_a_model_file_gives_the_network_back(name: str, tmp_path: Path) -> None:
    card, file = CARDS[name], tmp_path / "model.safetensors"
    net = built(card).eval()
    save_model(file, parameters=net.state_dict(), card=card)
    assert read_card(file) == check_model(file) == card
    loaded, said = load_dense(file)
    assert said == card
    own = net.state_dict()
    assert all(torch.equal(tensor, own[key]) for key, tensor in loaded.state_dict().items())
    with torch.no_grad():  # where parameters lie in memory may change the last bits
        torch.testing.assert_close(loaded(given_to(card)), net(given_to(card)), rtol=1e-5, atol=1e-6)
    assert not any(tensor.requires_grad for tensor in loaded.parameters())
    assert len(model_hash(file)) == 64
