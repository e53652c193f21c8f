"""Which words a network knows, and where their vectors come from."""

from __future__ import annotations

import numpy as np
import torch

from mtkd_engine.data.sealing.samples import WordVectors
from mtkd_engine.nets.grounding.words import WordEmbedding
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import GroundingCard, Map2dNet
from mtkd_engine.tasks.grounding.words import Vocabulary, choose_words, copy_word_vectors, fit_word_vectors

SENTENCES = ["a red dog", "a red cat", "a bird"]


def vectors(*words: str, width: int = 3) -> WordVectors:
    numbers = np.random.default_rng(0).normal(size=(len(words), width)).astype(np.float32)
    return WordVectors(words=words, vectors=numbers)


def test_without_vectors_the_training_words_are_the_vocabulary() -> None:
    words = ("<pad>", "<unk>", "a", "red", "bird", "cat", "dog")
    for none in (None, vectors()):
        assert choose_words(SENTENCES, min_count=1, vectors=none) == Vocabulary(words)


def test_words_with_vectors_come_last_and_count_although_training_lacks_them() -> None:
    known = vectors("dog", "red", "zebra", "ant", "<unk>")
    chosen = choose_words(SENTENCES, min_count=1, vectors=known)
    assert chosen == Vocabulary(
        ("<pad>", "<unk>", "a", "bird", "cat", "red", "dog", "ant", "zebra"), learned=5, width=3
    )


def test_a_rare_word_counts_where_it_has_a_vector() -> None:
    chosen = choose_words(SENTENCES, min_count=2, vectors=vectors("dog"))
    assert chosen.words == ("<pad>", "<unk>", "a", "red", "dog")
    assert chosen.learned == 4


def card_of(known: WordVectors) -> GroundingCard:
    chosen = choose_words(SENTENCES, min_count=1, vectors=known)
    return GroundingCard(
        net=Map2dNet(clips=4, width=8),
        feature_width=2,
        max_words=5,
        vocabulary=chosen.words,
        learned_words=chosen.learned,
        word_width=chosen.width,
    )


def test_each_word_gets_its_own_vector() -> None:
    known = vectors("zebra", "dog", "red")
    card = card_of(known)
    model = build_for(card)
    fit_word_vectors(model, card=card, vectors=known)
    table = next(module for module in model.modules() if isinstance(module, WordEmbedding))
    assert card.learned_words is not None
    factor = table.given_GW.norm() / np.linalg.norm(known.vectors)
    for word, row in zip(card.vocabulary[card.learned_words :], table.given_GW, strict=True):
        assert torch.allclose(row, factor * torch.from_numpy(known.vectors[known.words.index(word)]))


def test_a_copy_gets_the_vectors_of_its_teacher_and_nothing_else() -> None:
    known = vectors("dog", "red")
    card = card_of(known)
    teacher, copy = build_for(card), build_for(card)
    fit_word_vectors(teacher, card=card, vectors=known)
    before = {name: tensor.clone() for name, tensor in copy.state_dict().items()}
    copy_word_vectors(copy, source=teacher)
    changed = {name for name, tensor in copy.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"query.words.given_GW"}
    assert torch.equal(
        copy.state_dict()["query.words.given_GW"], teacher.state_dict()["query.words.given_GW"]
    )


def test_a_network_without_given_vectors_is_left_as_it_is() -> None:
    card = GroundingCard(net=Map2dNet(clips=4), feature_width=2, max_words=5, vocabulary=("<pad>", "<unk>"))
    model = build_for(card)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fit_word_vectors(model, card=card, vectors=vectors("dog"))
    copy_word_vectors(model, source=build_for(card))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
