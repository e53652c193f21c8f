"""Word tables: as they always were without given vectors, frozen and projected with them."""

from __future__ import annotations

import hashlib

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from mtkd_engine.nets.grounding.words import GivenWords, WordEmbedding
from mtkd_engine.nets.registry import build, build_for, expected_tensors
from mtkd_engine.spec import GroundingCard, Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from tests.engine.conftest import make_inputs

NETS: dict[str, NetSpec] = {
    "span": SpanNet(clips=8, width=16),
    "map2d": Map2dNet(clips=8, width=16),
    "proposal": ProposalNet(clips=8, width=16),
    "regression": RegressionNet(clips=8, width=16),
}
FROZEN = {
    "span": "dd70c9666c3859bf",
    "map2d": "4614a676fe252b50",
    "proposal": "53eaadaf56cf3066",
    "regression": "2853f535b5f65dde",
}
VOCABULARY = ("<pad>", "<unk>", *(f"w{number}" for number in range(18)))
GIVEN = GivenWords(count=12, width=5)


def card(net: NetSpec) -> GroundingCard:
    return GroundingCard(
        net=net, feature_width=8, max_words=6, vocabulary=VOCABULARY, word_width=5, learned_words=8
    )


def table() -> WordEmbedding:
    words = WordEmbedding(20, 16, given=GIVEN)
    words.set(torch.randn(12, 5))
    return words


@pytest.mark.parametrize("family", NETS)
def test_without_given_vectors_names_and_shapes_stay_as_they_were(family: str) -> None:
    stated = build(NETS[family], feature_width=8, vocabulary_size=20).state_dict().items()
    lines = "".join(f"{name} {list(tensor.shape)}\n" for name, tensor in stated)
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == FROZEN[family]


def test_without_given_vectors_the_table_draws_and_gives_what_an_embedding_does() -> None:
    torch.manual_seed(3)
    plain = nn.Embedding(20, 16, padding_idx=0)
    torch.manual_seed(3)
    words = WordEmbedding(20, 16)
    assert [(name, torch.equal(t, plain.weight)) for name, t in words.state_dict().items()] == [
        ("weight", True)
    ]
    ids = torch.randint(0, 20, (3, 4))
    assert torch.equal(words(ids), plain(ids))


def test_given_vectors_are_no_parameters_and_are_saved() -> None:
    words = table()
    assert {name for name, _ in words.named_parameters()} == {"weight", "project.weight"}
    assert {name: tuple(t.shape) for name, t in words.state_dict().items()} == {
        "weight": (8, 5),
        "given_GW": (12, 5),
        "project.weight": (16, 5),
    }


def test_padding_is_zero_and_every_other_word_differs() -> None:
    vectors = table()(torch.arange(20))
    assert not vectors[0].any()
    assert torch.pdist(vectors).min() > 1e-3


def test_given_vectors_keep_their_directions_and_get_the_size_of_learned_ones() -> None:
    words = WordEmbedding(20, 16, given=GIVEN)
    vectors = 1e-3 * torch.randn(12, 5)
    words.set(vectors)
    assert torch.allclose(words.given_GW.square().mean(), torch.tensor(1.0))
    assert torch.allclose(nn.functional.cosine_similarity(words.given_GW, vectors), torch.ones(12))
    words.set(torch.zeros(12, 5))
    assert not words.given_GW.any()


def test_training_moves_unknown_words_and_the_projection_but_no_given_word_and_no_padding() -> None:
    words = table()
    before = {name: tensor.clone() for name, tensor in words.state_dict().items()}
    optimizer = torch.optim.AdamW(
        [p for p in words.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1
    )
    for _ in range(3):
        optimizer.zero_grad()
        (words(torch.arange(20)) - 1).square().sum().backward()
        optimizer.step()
    after = words.state_dict()
    assert torch.equal(after["given_GW"], before["given_GW"])
    assert not after["weight"][0].any()
    assert (after["weight"][1:] != before["weight"][1:]).all()
    assert (after["project.weight"] != before["project.weight"]).any()


@pytest.mark.parametrize("family", NETS)
def test_every_family_reads_given_vectors_and_says_its_tensors_beforehand(family: str) -> None:
    model = build_for(card(NETS[family])).eval()
    stated = {
        name: (tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in model.state_dict().items()
    }
    assert expected_tensors(card(NETS[family])) == stated
    assert any(name.endswith("words.given_GW") for name in stated)
    output = model(make_inputs([8, 5], [6, 3], length=8))
    assert all(torch.isfinite(part).all() for part in vars(output).values() if part.is_floating_point())


def test_a_card_without_given_vectors_reads_as_it_always_did() -> None:
    plain = GroundingCard(net=NETS["span"], feature_width=8, max_words=6, vocabulary=VOCABULARY)
    assert "word" not in "".join(plain.model_dump()).replace("max_words", "")
    assert "word_width" not in plain.model_dump_json()
    assert GroundingCard.model_validate_json(plain.model_dump_json()) == plain
    given = card(NETS["span"])
    assert GroundingCard.model_validate_json(given.model_dump_json()) == given


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"word_width": 5}, "accepted are both"),
        ({"learned_words": 8}, "accepted are both"),
        ({"word_width": 5, "learned_words": 20}, "less than the 20 words"),
        ({"word_width": 5, "learned_words": 1}, "greater than or equal to 2"),
        ({"word_width": 0, "learned_words": 8}, "greater than or equal to 1"),
    ],
)
def test_a_card_whose_words_do_not_add_up_is_refused(stated: dict[str, int], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GroundingCard.model_validate(
            {"net": NETS["span"], "feature_width": 8, "max_words": 6, "vocabulary": VOCABULARY, **stated}
        )
