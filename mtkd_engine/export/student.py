"""All files of a student, written together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from torch import Tensor, nn

from mtkd_engine.export.form import NoOnnxError, OnnxDiffersError
from mtkd_engine.export.modelcard import STEM, write_model_card
from mtkd_engine.export.onnxfile import Parity, write_onnx
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.classification.clips.given import Given, Padded, Streams
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.nets.registry import AnyCard

Inputs: TypeAlias = GroundingInputs | Given
"""What networks read, by task: of classifiers what `to_input` made."""
_ONE = (GroundingInputs, Tensor, Streams, Padded)  # tuples that are one batch, not several
VARIABLE = "MTKD_ONNX"
MODEL_CARD = "MODEL_CARD.md"


def export_student(
    model: nn.Module,
    card: AnyCard,
    *,
    folder: Path,
    samples_batch: Inputs | Iterable[Inputs],
    result: Mapping[str, Any],
    stem: str = STEM,
) -> list[Path]:
    """This will write student.safetensors, student.json, student.onnx and MODEL_CARD.md, and return their paths.

    Another `stem` takes the place of `student` in names of files, and in what the card says of them.
    `samples_batch` is one batch of real inputs or several: on them the ONNX file must say what the network says.
    `result` is what result.json holds; of it the card shows `metrics`, `baselines`, `comparisons`, `cost`,
    `dataset` ({"name", "hash", "splits"}) or `dataset_hash`, `teachers` ({name: {"content_hash", ...}}) and
    `spec`, where they are there. Where ONNX is not to be had (a package is missing, a network that torch cannot
    translate, MTKD_ONNX=0) the card says so in a sentence and that file is left out.
    Raises OnnxDiffersError where the ONNX file said anything else than the network; the others are there all the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.safetensors", folder / f"{stem}.json"]
    save_model(paths[0], parameters=model.state_dict(), card=card)
    paths[1].write_text(card.model_dump_json(indent=2))
    batches = [samples_batch] if isinstance(samples_batch, _ONE) else list(samples_batch)
    onnx = _onnx(model, card, path=(onnx_path := folder / f"{stem}.onnx"), batches=batches)
    if isinstance(onnx, Parity):
        paths.append(onnx_path)
    told = onnx if isinstance(onnx, Parity) else str(onnx)
    paths.append(write_model_card(folder / MODEL_CARD, card=card, result=result, onnx=told, stem=stem))
    if isinstance(onnx, OnnxDiffersError):
        raise onnx
    return paths


def _onnx(model: nn.Module, card: AnyCard, *, path: Path, batches: list[Inputs]) -> Parity | NoOnnxError:
    path.unlink(missing_ok=True)
    if os.environ.get(VARIABLE, "1") == "0":
        return NoOnnxError(f"No ONNX file was asked for ({VARIABLE}=0).")
    try:
        return write_onnx(model, card, path=path, batches=batches)
    except NoOnnxError as error:
        return error
