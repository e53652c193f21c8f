"""A network as an ONNX file that says what the network says.

Translated by `torch.onnx` (dynamo); what goes in and out, and which axes are free, is the task's `Form`.
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

from mtkd_engine.export.classification.form import classifier_form
from mtkd_engine.export.dense.form import dense_form
from mtkd_engine.export.feeding import OPSET
from mtkd_engine.export.form import Form, NoOnnxError, OnnxDiffersError
from mtkd_engine.export.grounding import grounding_form
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.modelfile import HEADER_KEY
from mtkd_engine.nets.masking import NEG
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.spec import ClassifierCard, SaliencyCard, SegmenterCard

__all__ = ["FEEDING_KEY", "NoOnnxError", "OnnxDiffersError", "Parity", "form_of", "write_onnx"]

FEEDING_KEY = "mtkd.feeding"
TOLERANCE = 1.0e-4
EXACT_UP_TO = 100.0
"""Outputs up to this are compared as they are; float32 holds no four decimals of larger ones, so these per hundred."""
_TALKATIVE = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
_NEEDED = ("onnx", "onnxscript", "onnxruntime")
_LARGEST = 2**31 - 2**20  # what one protobuf message can hold


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


def form_of(card: AnyCard) -> Form:
    """This will say how the network of a card looks from outside."""
    if isinstance(card, SegmenterCard | SaliencyCard):
        return dense_form(card)
    return classifier_form(card) if isinstance(card, ClassifierCard) else grounding_form(card)


def write_onnx(model: nn.Module, card: AnyCard, *, path: Path, batches: Sequence[Any]) -> Parity:
    """This will write the file once it was held against the network on these inputs of its task.

    Raises NoOnnxError where none can be made, and OnnxDiffersError where an output differs by more than 1e-4 (a
    large one: per hundred); neither leaves a file.
    """
    assert batches, "nothing to compare on"
    _refuse_what_cannot_be(model)
    form = form_of(card)
    plain = form.plain(copy.deepcopy(model).cpu().eval().requires_grad_(False))
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with whole_or_nothing(partial):
        _translate(plain, card, partial)
        parity = _compare(
            plain, partial, [dict(zip(form.inputs, form.given(b), strict=True)) for b in batches]
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


def _translate(plain: nn.Module, card: AnyCard, path: Path) -> None:
    form = form_of(card)
    try:
        with _quiet(), torch.no_grad():
            # Captured here: torch.onnx tries other ways where this one fails, and some fix an axis without a word.
            captured = torch.export.export(plain, form.example, dynamic_shapes=_shapes(form), strict=False)
            program = torch.onnx.export(
                captured,
                dynamo=True,
                opset_version=OPSET,
                input_names=list(form.inputs),
                output_names=list(form.outputs),
                external_data=False,
                verbose=False,
            )
            assert program is not None
            program.model.metadata_props.update(
                {HEADER_KEY: card.model_dump_json(), FEEDING_KEY: json.dumps(form.feeding)}
            )
            program.save(path, external_data=False)
    except (torch.onnx.errors.OnnxExporterError, torch._dynamo.exc.UserError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise NoOnnxError(
            f"No ONNX file was written: torch could not translate the student of family {card.net.family!r} "
            f"({reason})."
        ) from error


def _shapes(form: Form) -> tuple[dict[int, Any], ...]:
    axes = {axis for free in form.free for axis in free.values()}
    named = {axis: torch.export.Dim(axis.name, min=1, max=axis.most) for axis in axes}
    return tuple({place: named[axis] for place, axis in free.items()} for free in form.free)


def _compare(plain: nn.Module, path: Path, batches: Sequence[dict[str, Tensor]]) -> Parity:
    session = _session(path)
    furthest, largest, samples = 0.0, 0.0, 0
    for given in batches:
        with torch.no_grad():
            said = plain(*given.values())
        fed = {name: part.numpy() for name, part in given.items()}
        found: list[NDArray[Any]] = session.run(None, fed)
        for own, other in zip(said, found, strict=True):
            plain_own = own.numpy().astype(np.float64)
            size = np.abs(plain_own[np.abs(plain_own) < -NEG]).max(initial=0.0)
            apart = np.abs(plain_own - other.astype(np.float64)).max(initial=0.0)
            furthest = float(np.maximum(furthest, apart / max(1.0, size / EXACT_UP_TO)))  # keeps NaN
            largest = max(largest, float(size))
        samples += len(next(iter(given.values())))
    return Parity(furthest, samples, largest)


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
