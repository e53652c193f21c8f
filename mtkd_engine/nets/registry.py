"""From the name and sizes of an architecture to a network."""

from __future__ import annotations

import torch
from torch import nn

from mtkd_engine.nets.grounding.map2d import Map2dModel
from mtkd_engine.nets.grounding.proposal import ProposalModel
from mtkd_engine.nets.grounding.regression import RegressionModel
from mtkd_engine.nets.grounding.span import SpanModel
from mtkd_engine.nets.grounding.words import GivenWords
from mtkd_engine.spec import ModelCard, NetSpec, ProposalNet, RegressionNet, SpanNet


def build(
    net: NetSpec, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
) -> nn.Module:
    """This will build the network that `net` describes, initialised from torch's global generator."""
    if isinstance(net, SpanNet):
        return SpanModel(net, feature_width=feature_width, vocabulary_size=vocabulary_size, given=given)
    if isinstance(net, ProposalNet):
        return ProposalModel(net, feature_width=feature_width, vocabulary_size=vocabulary_size, given=given)
    if isinstance(net, RegressionNet):
        return RegressionModel(net, feature_width=feature_width, vocabulary_size=vocabulary_size, given=given)
    return Map2dModel(net, feature_width=feature_width, vocabulary_size=vocabulary_size, given=given)


def build_for(card: ModelCard) -> nn.Module:
    """This will build the network of a card, initialised from torch's global generator."""
    words = len(card.vocabulary)
    given = None
    if card.word_width is not None and card.learned_words is not None:
        given = GivenWords(count=words - card.learned_words, width=card.word_width)
    return build(card.net, feature_width=card.feature_width, vocabulary_size=words, given=given)


def expected_tensors(card: ModelCard) -> dict[str, tuple[tuple[int, ...], str]]:
    """This will name every tensor of the card's model with its shape and dtype, taking no memory for them."""
    with torch.device("meta"):
        model = build_for(card)
    return {
        name: (tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in model.state_dict().items()
    }
