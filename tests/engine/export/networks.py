"""Small students of every family, and inputs for them."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from torch import nn

from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import GroundingCard, Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.tasks.grounding.grid import clip_mask

WIDTH = 6
LONGEST = 4
"""Words of a sentence: a GRU is written out for each of them, and only more than one can be told from another."""
WORDS = tuple(f"word{number}" for number in range(20))
NETS: dict[str, NetSpec] = {
    "span": SpanNet(clips=12, width=8, encoder_layers=1, kernel=3, heads=2, attention_layers=1),
    "map2d": Map2dNet(clips=8, width=8, map_layers=1),
    "proposal": ProposalNet(clips=12, width=8, layers=1, anchors=3),
    "regression": RegressionNet(clips=12, width=8, layers=1),
}
MISSING = [name for name in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(name) is None]
needs_onnx = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} is not installed.")


def card_of(family: str, **known: object) -> GroundingCard:
    """The card of a small student that knows twenty words."""
    return GroundingCard(
        net=NETS[family],
        feature_width=WIDTH,
        max_words=LONGEST,
        vocabulary=("<pad>", "<unk>", *WORDS),
        **known,
    )


def student(card: GroundingCard) -> nn.Module:
    """A network that nobody has trained."""
    return build_for(card).eval().requires_grad_(False)


def inputs(card: GroundingCard, *, samples: int, words: int, seed: int = 0) -> GroundingInputs:
    """Videos and sentences of all lengths, with rubbish in the padding."""
    draw = torch.Generator().manual_seed(seed)
    clips = card.net.clips
    lengths_B = torch.randint(1, clips + 1, (samples,), generator=draw)
    spoken_B = torch.randint(1, words + 1, (samples,), generator=draw)
    return GroundingInputs(
        features_BLD=torch.randn(samples, clips, card.feature_width, generator=draw),
        clip_mask_BL=clip_mask(lengths_B, clips),
        words_BW=torch.randint(1, len(card.vocabulary), (samples, words), generator=draw),
        word_mask_BW=clip_mask(spoken_B, words),
    )
