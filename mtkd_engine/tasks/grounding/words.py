"""A network's words: those of the training sentences, and those that the dataset has vectors of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mtkd_engine.data.sealing.samples import WordVectors
from mtkd_engine.data.vocabulary import PAD, UNKNOWN, build_vocabulary
from mtkd_engine.nets.grounding.words import WordEmbedding
from mtkd_engine.spec import GroundingCard


@dataclass(frozen=True)
class Vocabulary:
    """Words by index; the first `learned` of them have learned vectors, the others given ones of this width."""

    words: tuple[str, ...]
    learned: int | None = None
    width: int | None = None


def choose_words(sentences: Iterable[str], *, min_count: int, vectors: WordVectors | None) -> Vocabulary:
    """This will list the words of training sentences, and with vectors all words that have one behind them.

    A word with a vector counts however rare it is, and also when only other splits use it.
    """
    trained = build_vocabulary(sentences, min_count)
    known = set(vectors.words) - {PAD, UNKNOWN} if vectors is not None else set()
    if vectors is None or not known:
        return Vocabulary(tuple(trained))
    learned = [word for word in trained if word not in known]
    given = [word for word in trained if word in known]
    others = sorted(known.difference(trained))
    return Vocabulary((*learned, *given, *others), learned=len(learned), width=vectors.vectors.shape[1])


def fit_word_vectors(model: nn.Module, *, card: GroundingCard, vectors: WordVectors | None) -> None:
    """This will give a network that was built for `card` the vectors of the words that have one."""
    if card.learned_words is None:
        return
    assert vectors is not None
    row_of = {word: row for row, word in enumerate(vectors.words)}
    rows = np.array([row_of[word] for word in card.vocabulary[card.learned_words :]])
    for module in _embeddings(model):
        module.set(torch.from_numpy(vectors.vectors[rows]))


def copy_word_vectors(model: nn.Module, *, source: nn.Module) -> None:
    """This will give a network the frozen vectors of another one of the same card."""
    for module, other in zip(_embeddings(model), _embeddings(source), strict=True):
        module.given_GW.copy_(other.given_GW)


def _embeddings(model: nn.Module) -> list[WordEmbedding]:
    return [
        module
        for module in model.modules()
        if isinstance(module, WordEmbedding) and module.project is not None
    ]
