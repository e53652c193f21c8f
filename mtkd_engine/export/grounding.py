"""How grounding networks look from outside.

The batch may have any length, clips are those of the grid: a video with fewer has padding and a mask. So have
sentences where a network reads them word by word; else they have any length, too. Shape suffixes: B samples, L clips,
W words, D features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.export.feeding import INPUTS, feeding, fixed_words, output_names
from mtkd_engine.export.form import BATCH, Axis, Form, NoOnnxError
from mtkd_engine.nets.grounding import GroundingInputs, Map2dOutput, ProposalOutput, SpanOutput
from mtkd_engine.spec import GroundingCard


def grounding_form(card: GroundingCard) -> Form:
    """This will say what the network of a card is fed with."""
    return Form(
        inputs=INPUTS,
        outputs=output_names(card),
        example=_example(card),
        free=_free(card),
        feeding=feeding(card),
        plain=_Plain,
        given=lambda inputs: _given(inputs, words=fixed_words(card)),
    )


class _Plain(nn.Module):
    """A grounding network with tensors alone on both sides, in the order of INPUTS and of `output_names`."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, features_BLD: Tensor, clip_mask_BL: Tensor, words_BW: Tensor, word_mask_BW: Tensor
    ) -> tuple[Tensor, ...]:
        """This will give the outputs of the network's family."""
        said = self.model(GroundingInputs(features_BLD, clip_mask_BL, words_BW, word_mask_BW))
        match said:
            case SpanOutput():
                return said.start_BL, said.end_BL
            case Map2dOutput():
                return (said.map_BLL,)
            case ProposalOutput():
                return said.windows_BK2, said.scores_BK, said.valid_BK
        raise NoOnnxError(f"No ONNX file was written: {type(said).__name__} has no place in one.")


def _example(card: GroundingCard) -> tuple[Tensor, ...]:
    """Shapes are all that counts; lengths of 0 and 1 would be taken for constants."""
    clips, words = card.net.clips, fixed_words(card) or min(3, card.max_words)
    return (
        torch.zeros(2, clips, card.feature_width),
        torch.ones(2, clips, dtype=torch.bool),
        torch.ones(2, words, dtype=torch.int64),
        torch.ones(2, words, dtype=torch.bool),
    )


def _free(card: GroundingCard) -> tuple[dict[int, Axis], ...]:
    sentence = {0: BATCH}
    if fixed_words(card) is None:
        sentence[1] = Axis("words", card.max_words)
    return {0: BATCH}, {0: BATCH}, sentence, sentence


def _given(inputs: GroundingInputs, *, words: int | None) -> tuple[Tensor, ...]:
    here = inputs.to("cpu")
    missing = 0 if words is None else words - here.words_BW.shape[1]
    return (
        here.features_BLD,
        here.clip_mask_BL,
        functional.pad(here.words_BW, (0, missing)),
        functional.pad(here.word_mask_BW, (0, missing)),
    )
