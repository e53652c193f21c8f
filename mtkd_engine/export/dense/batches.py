"""Inputs on which an exported dense network is held against itself: samples of a dataset, or made ones.

Shape suffixes: B samples, T frames, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.evaluation.dense.tasks import task_on
from mtkd_engine.modelfile import ModelError
from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.profile.dense import made_input
from mtkd_engine.spec import FilmInput
from mtkd_engine.tasks.dense.inputs import to_dense_input
from mtkd_engine.teachers.dense.load import misfit_of
from mtkd_engine.teachers.intake.dense.measuring import seen_by

_BATCHES, _SAMPLES, _FILMS = 4, 8, 2


def pictures_of(card: AnyDenseCard, data: Path) -> Iterator[Tensor]:
    """This will give samples of the test split of a dataset as the network reads them.

    Raises DataError, and ModelError for a dataset that the network does not fit.
    """
    dataset = load_dense_dataset(data)
    if (why := misfit_of(card, dataset, named="student")) is not None:
        raise ModelError(why)
    test = task_on(dataset, seen_by(card, dataset), device="cpu").splits["test"]
    for batch in islice(test.in_order(size=_samples(card)), _BATCHES):
        given = to_dense_input(batch.inputs, card.input)
        if given.ndim == 5 and not isinstance(card.input, FilmInput):
            given = given[:, 0]  # a network of pictures sees one frame at a time
        yield given


def made_pictures(card: AnyDenseCard) -> Iterator[Tensor]:
    """This will give noise, one sample alone among the batches."""
    generator = torch.Generator().manual_seed(0)
    for samples in (_samples(card), 1):
        yield made_input(card.input, samples=samples, generator=generator)


def _samples(card: AnyDenseCard) -> int:
    return _FILMS if isinstance(card.input, FilmInput) else _SAMPLES
