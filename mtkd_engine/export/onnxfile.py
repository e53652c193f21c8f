"""A network as an ONNX file that says what the network says.

Translated by `torch.onnx` (dynamo). The batch may have any length, clips are those of the grid: a video with fewer has
padding and a mask. So have sentences where a network reads them word by word; else they have any length, too. Shape
suffixes: B samples, L clips, W words, D features.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.export.feeding import INPUTS, OPSET, feeding, fixed_words, output_names
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.modelfile import HEADER_KEY
from mtkd_engine.nets.grounding import GroundingInputs, Map2dOutput, ProposalOutput, SpanOutput
from mtkd_engine.nets.masking import NEG
from mtkd_engine.spec import ModelCard

FEEDING_KEY = "mtkd.feeding"
TOLERANCE = 1.0e-4
EXACT_UP_TO = 100.0
"""Outputs up to this are compared as they are; float32 holds no four decimals of larger ones, so these per hundred."""
_TALKATIVE = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
_NEEDED = ("onnx", "onnxscript", "onnxruntime")
_LARGEST = 2**31 - 2**20  # what one protobuf message can hold


class NoOnnxError(Exception):
    """There is no ONNX file of this student; the sentence says why."""


class OnnxDiffersError(NoOnnxError):
    """An ONNX file was made and not kept, for it said anything else than the network."""


@dataclass(frozen=True)
class Parity:
    """How far the ONNX file was from the network at most, over all outputs of so many samples.

    Of outputs that go beyond `EXACT_UP_TO`, up to `largest`, it is the difference per hundred of them.
    """

    difference: float
    samples: int
    largest: float = 0.0

    def in_words(self) -> str:
        """This will say the difference and what it is of."""
        per = f" per hundred of outputs up to {self.largest:,.0f}" if self.largest > EXACT_UP_TO else ""
        return f"{self.difference:.3g}{per}"


def write_onnx(
    model: nn.Module, card: ModelCard, *, path: Path, batches: Sequence[GroundingInputs]
) -> Parity:
    """This will write the file once it was held against the network on these inputs.

    Raises NoOnnxError where none can be made, and OnnxDiffersError where an output differs by more than 1e-4 (a
    large one: per hundred); neither leaves a file.
    """
    assert batches, "nothing to compare on"
    _refuse_what_cannot_be(model)
    plain = _Plain(copy.deepcopy(model).cpu().eval().requires_grad_(False))
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with whole_or_nothing(partial):
        _translate(plain, card, partial)
        parity = _compare(
            plain, partial, [_padded(inputs.to("cpu"), fixed_words(card)) for inputs in batches]
        )
        if not parity.difference <= TOLERANCE:  # NaN is no parity either
            raise OnnxDiffersError(
                f"The exported ONNX file differs from the student by {parity.in_words()} on {parity.samples} "
                f"samples, where up to {TOLERANCE:g} is accepted; it was not kept.",
            )
        partial.replace(path)
    return parity


def _refuse_what_cannot_be(model: nn.Module) -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise NoOnnxError(f"No ONNX file was written: {', '.join(missing)} is not installed.")
    size = sum(t.numel() * t.element_size() for t in model.state_dict().values())
    if size > _LARGEST:
        raise NoOnnxError(
            f"No ONNX file was written: one holds 2 GB at most, the student has {size:,} bytes."
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


def _translate(plain: _Plain, card: ModelCard, path: Path) -> None:
    try:
        with _quiet(), torch.no_grad():
            # Captured here: torch.onnx tries other ways where this one fails, and some fix an axis without a word.
            captured = torch.export.export(plain, _example(card), dynamic_shapes=_shapes(card), strict=False)
            program = torch.onnx.export(
                captured,
                dynamo=True,
                opset_version=OPSET,
                input_names=list(INPUTS),
                output_names=list(output_names(card)),
                external_data=False,
                verbose=False,
            )
            assert program is not None
            program.model.metadata_props.update(_metadata(card))
            program.save(path, external_data=False)
    except (torch.onnx.errors.OnnxExporterError, torch._dynamo.exc.UserError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise NoOnnxError(
            f"No ONNX file was written: torch could not translate the student of family {card.net.family!r} "
            f"({reason})."
        ) from error


def _example(card: ModelCard) -> tuple[Tensor, ...]:
    """Shapes are all that counts; lengths of 0 and 1 would be taken for constants."""
    clips, words = card.net.clips, fixed_words(card) or min(3, card.max_words)
    return (
        torch.zeros(2, clips, card.feature_width),
        torch.ones(2, clips, dtype=torch.bool),
        torch.ones(2, words, dtype=torch.int64),
        torch.ones(2, words, dtype=torch.bool),
    )


def _shapes(card: ModelCard) -> tuple[dict[int, Any], ...]:
    batch = torch.export.Dim("batch", min=1, max=65_536)
    sentence = {0: batch}
    if fixed_words(card) is None:
        sentence[1] = torch.export.Dim("words", min=1, max=card.max_words)
    return {0: batch}, {0: batch}, sentence, sentence


def _metadata(card: ModelCard) -> dict[str, str]:
    return {HEADER_KEY: card.model_dump_json(), FEEDING_KEY: json.dumps(feeding(card))}


def _compare(plain: _Plain, path: Path, batches: Sequence[GroundingInputs]) -> Parity:
    session = _session(path)
    furthest, largest, samples = 0.0, 0.0, 0
    for inputs in batches:
        given = (inputs.features_BLD, inputs.clip_mask_BL, inputs.words_BW, inputs.word_mask_BW)
        with torch.no_grad():
            said = plain(*given)
        fed = {name: part.numpy() for name, part in zip(INPUTS, given, strict=True)}
        found: list[NDArray[Any]] = session.run(None, fed)
        for own, other in zip(said, found, strict=True):
            plain_own = own.numpy().astype(np.float64)
            size = np.abs(plain_own[np.abs(plain_own) < -NEG]).max(initial=0.0)
            apart = np.abs(plain_own - other.astype(np.float64)).max(initial=0.0)
            furthest = float(np.maximum(furthest, apart / max(1.0, size / EXACT_UP_TO)))  # keeps NaN
            largest = max(largest, float(size))
        samples += len(given[0])
    return Parity(furthest, samples, largest)


def _padded(inputs: GroundingInputs, words: int | None) -> GroundingInputs:
    missing = 0 if words is None else words - inputs.words_BW.shape[1]
    return GroundingInputs(
        features_BLD=inputs.features_BLD,
        clip_mask_BL=inputs.clip_mask_BL,
        words_BW=functional.pad(inputs.words_BW, (0, missing)),
        word_mask_BW=functional.pad(inputs.word_mask_BW, (0, missing)),
    )


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@contextmanager
def _quiet() -> Iterator[None]:
    """Torch warns of its own inner workings while it translates; nobody here can act on that."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
