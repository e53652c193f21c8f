"""From the name and sizes of an architecture to a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, overload

from torch import nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.build import build_classifier
from mtkd_engine.nets.classification.older_names import renamed_here
from mtkd_engine.nets.dense import DenseNet, build_dense
from mtkd_engine.nets.grounding.map2d import Map2dModel
from mtkd_engine.nets.grounding.proposal import ProposalModel
from mtkd_engine.nets.grounding.regression import RegressionModel
from mtkd_engine.nets.grounding.span import SpanModel
from mtkd_engine.nets.grounding.words import GivenWords
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import (
    ClassifierCard,
    GroundingCard,
    NetSpec,
    ProposalNet,
    RegressionNet,
    SaliencyCard,
    SegmenterCard,
    SpanNet,
    SpecError,
)

AnyCard: TypeAlias = GroundingCard | ClassifierCard | SegmenterCard | SaliencyCard
"""The cards of all tasks."""


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


@overload
def build_for(card: GroundingCard) -> nn.Module: ...


@overload
def build_for(card: ClassifierCard) -> Classifier: ...


@overload
def build_for(card: SegmenterCard | SaliencyCard) -> DenseNet: ...


def build_for(card: AnyCard) -> nn.Module:
    """This will build the network of a card, initialised from torch's global generator.

    Raises SpecError, field `net...`, where the library of a network cannot build it.
    """
    if isinstance(card, SegmenterCard | SaliencyCard):
        return build_dense(card)
    if isinstance(card, ClassifierCard):
        return build_classifier(card.net, classes=len(card.classes), input=card.input)
    words = len(card.vocabulary)
    given = None
    if card.word_width is not None and card.learned_words is not None:
        given = GivenWords(count=words - card.learned_words, width=card.word_width)
    return build(card.net, feature_width=card.feature_width, vocabulary_size=words, given=given)


def build_student(card: AnyCard) -> nn.Module:
    """This will build the network of a job's student; what is refused is named as the spec of a job names it."""
    try:
        return build_for(card)
    except SpecError as error:
        raise SpecError({f"student.{path}": said for path, said in error.fields.items()}) from None


def expected_tensors(card: AnyCard) -> dict[str, tuple[tuple[int, ...], str]]:
    """This will name every tensor of the card's model with its shape and dtype, taking no memory for them."""
    with shapes_only():
        model = build_for(card)
    return {
        name: (tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in model.state_dict().items()
    }


def older_names(card: AnyCard, names: Iterable[str]) -> dict[str, str]:
    """This will give, of the names in a file, those that the card's model has under another one, with that one."""
    if isinstance(card, GroundingCard):
        return {}
    with shapes_only():
        model = build_for(card)
    return renamed_here(model, names)
