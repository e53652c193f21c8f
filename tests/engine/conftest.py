"""Same bits in every engine test, and small builders of batches and outputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.data.dataset import Sample
from mtkd_engine.nets.grounding import (
    GroundingInputs,
    Map2dOutput,
    ProposalOutput,
    RegressionOutput,
    SpanOutput,
)
from mtkd_engine.seeding import refuse_varying_results
from mtkd_engine.tasks.grounding import Targets
from mtkd_engine.tasks.grounding.collate import targets_of
from mtkd_engine.tasks.grounding.grid import clip_mask, windows_of_cells
from tests.engine.learnt import Learnt


@pytest.fixture(scope="session", autouse=True)
def _before_anything_is_trained() -> Iterator[None]:
    """What networks of fixtures need as well, which are set up before `_same_bits` of their first test."""
    threads = torch.get_num_threads()
    os.environ.setdefault("MTKD_ONNX", "0")  # its translation takes longer than the training of these jobs
    _alone_and_repeatable()
    yield
    torch.set_deterministic_debug_mode("default")
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """A world and networks that learnt it, made when they are asked for; nobody may change them."""
    return Learnt(tmp_path_factory.mktemp("learnt"))


@pytest.fixture(autouse=True)
def _same_bits() -> Iterator[None]:
    _alone_and_repeatable()
    torch.default_generator.manual_seed(0)  # torch.manual_seed writes down for each kind of device who called
    yield
    # A job of the engine sets it for its whole process, which here is the tests'.
    torch.set_flush_denormal(False)


def _alone_and_repeatable() -> None:
    torch.set_num_threads(1)  # these tensors are too small to share
    refuse_varying_results()


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make_inputs(
    clips: Sequence[int],
    words: Sequence[int],
    *,
    length: int,
    width: int = 8,
    vocabulary: int = 20,
    seed: int = 0,
) -> GroundingInputs:
    """Random videos and sentences of these lengths, zeros in the padding."""
    generator = _generator(seed)
    clip_mask_BL = clip_mask(torch.tensor(clips), length)
    word_mask_BW = clip_mask(torch.tensor(words), max(words))
    features_BLD = torch.randn(len(clips), length, width, generator=generator) * clip_mask_BL.unsqueeze(-1)
    words_BW = torch.randint(2, vocabulary, word_mask_BW.shape, generator=generator) * word_mask_BW
    return GroundingInputs(features_BLD, clip_mask_BL, words_BW, word_mask_BW)


def make_span(clips: Sequence[int], *, length: int, scale: float = 2.0, seed: int = 0) -> SpanOutput:
    """Random start and end logits, garbage in the padding included."""
    logits_2BL = scale * torch.randn(2, len(clips), length, generator=_generator(seed))
    return SpanOutput(logits_2BL[0], logits_2BL[1], clip_mask(torch.tensor(clips), length))


def make_map(clips: Sequence[int], *, length: int, scale: float = 2.0, seed: int = 0) -> Map2dOutput:
    """Random logits on a map, garbage outside the windows included."""
    map_BLL = scale * torch.randn(len(clips), length, length, generator=_generator(seed))
    return Map2dOutput(map_BLL, clip_mask(torch.tensor(clips), length))


def make_proposal(counts: Sequence[int], *, length: int, scale: float = 2.0, seed: int = 0) -> ProposalOutput:
    """`length` random windows with random logits, garbage beyond the first `counts` of each sample included."""
    generator = _generator(seed)
    windows_BK2 = torch.rand(len(counts), length, 2, generator=generator).sort(dim=2).values
    scores_BK = scale * torch.randn(len(counts), length, generator=generator)
    valid_BK = clip_mask(torch.tensor(counts), length)
    return ProposalOutput(windows_BK2, scores_BK, valid_BK, valid_BK)


def make_regression(
    clips: Sequence[int], *, length: int, scale: float = 2.0, seed: int = 0
) -> RegressionOutput:
    """One random window with a random logit for every clip, garbage in the padding included."""
    return RegressionOutput(**vars(make_proposal(clips, length=length, scale=scale, seed=seed)))


def targets_for(
    windows: Sequence[Sequence[Sequence[float]]], *, clips: Sequence[int], length: int, duration: float
) -> Targets:
    """Labels of samples with these true windows, on videos of one duration."""
    samples = [
        Sample(
            sample_id=str(row),
            source_id=str(row),
            video_id=str(row),
            duration=duration,
            windows=tuple((start, end) for start, end in several),
            sentence="where is it",
        )
        for row, several in enumerate(windows)
    ]
    return targets_of(samples, clips_B=torch.tensor(clips), length=length)


def make_targets(clips: Sequence[int], *, length: int, duration: float = 30.0, seed: int = 0) -> Targets:
    """One random true window per sample that lies exactly on the clip grid."""
    clips_B = torch.tensor(clips)
    draw_2B = torch.rand(2, len(clips), generator=_generator(seed))
    ends_2B = (draw_2B * clips_B).long().sort(dim=0).values
    durations_B = torch.full((len(clips),), duration, dtype=torch.float64)
    windows_B2: Tensor = windows_of_cells(ends_2B[0], ends_2B[1], durations=durations_B, clips=clips_B)
    return targets_for(windows_B2.unsqueeze(1).tolist(), clips=clips, length=length, duration=duration)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders above as `make.inputs`, `make.span`, `make.map`, `make.targets` ..."""
    builders: dict[str, Callable[..., object]] = {
        "inputs": make_inputs,
        "span": make_span,
        "map": make_map,
        "proposal": make_proposal,
        "regression": make_regression,
        "targets": make_targets,
        "targets_for": targets_for,
    }
    return SimpleNamespace(**builders)
