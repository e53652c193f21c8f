"""Inputs on which an exported file is held against its network: samples of a dataset, or made ones.

Shape suffixes: B samples, L clips, D features, W words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.nets.classification.clips.given import Given
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.nets.grounding.layers import FeatureScale
from mtkd_engine.spec import ClassifierCard, GroundingCard
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.noise import noise
from mtkd_engine.tasks.classification.splits.build import clean_split
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.grid import clip_mask

_BATCHES, _SAMPLES = 4, 32


def moments_of(card: GroundingCard, data: Path) -> Iterator[GroundingInputs]:
    """This will give samples of the test split of a dataset; raises DataError."""
    dataset = load_dataset(data)
    collator = Collator.of(card, dataset.needed_features())
    split = SplitData(dataset.splits["test"][: _BATCHES * _SAMPLES], collator, device="cpu")
    return (batch.inputs for batch in split.in_order())


def made_moments(model: nn.Module, card: GroundingCard) -> Iterator[GroundingInputs]:
    """This will give videos and sentences of all lengths, features with the mean and spread that were learnt."""
    generator = torch.Generator().manual_seed(0)
    scale = next(module for module in model.modules() if isinstance(module, FeatureScale))
    clips = card.net.clips
    for words in (1, 2, card.max_words // 2, card.max_words)[:_BATCHES]:
        lengths_B = torch.randint(1, clips + 1, (_SAMPLES,), generator=generator)
        spoken_B = torch.randint(1, words + 1, (_SAMPLES,), generator=generator)
        noise_BLD = torch.randn(_SAMPLES, clips, card.feature_width, generator=generator)
        mask_BL = clip_mask(lengths_B, clips)
        yield GroundingInputs(
            features_BLD=(scale.mean_D + noise_BLD / scale.scale_D) * mask_BL.unsqueeze(2),
            clip_mask_BL=mask_BL,
            words_BW=torch.randint(1, len(card.vocabulary), (_SAMPLES, words), generator=generator),
            word_mask_BW=clip_mask(spoken_B, words),
        )


def samples_of(card: ClassifierCard, data: Path) -> Iterator[Given]:
    """This will give samples of the test split of a dataset as the network reads them; raises DataError."""
    dataset = load_labelled(data)
    split = clean_split(dataset, "test", card.input, samples=_BATCHES * _SAMPLES)
    return (to_input(batch.inputs, card.input) for batch in split.in_order(size=_SAMPLES))


def made_samples(card: ClassifierCard) -> Iterator[Given]:
    """This will give noise of all values, one sample alone among the batches."""
    generator, reads = torch.Generator().manual_seed(0), card.input
    for samples in (_SAMPLES, 1):
        yield to_input(noise(reads, samples=samples, generator=generator), reads)
