"""The command `export`: the files of a student that has been trained before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.export.student import export_student
from mtkd_engine.modelfile import load_model, student_file
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.nets.grounding.layers import FeatureScale
from mtkd_engine.spec import ModelCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.grid import clip_mask

_BATCHES, _SAMPLES = 4, 32
_RESULT = "result.json"


def export_command(student: Path, *, out: Path, data: Path | None) -> list[Path]:
    """This will export the student in a file or a job's folder, with what lies beside it, and return the files.

    The ONNX file is compared on samples of `data`, or on made ones with the spread of the training videos.
    Raises ModelError, DataError, and OnnxDiffersError as `export_student` does.
    """
    path = student_file(student)
    model, card = load_model(path)
    batches = _made(model, card) if data is None else _real(card, data)
    beside = path.with_name(_RESULT)
    result: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    out.mkdir(parents=True, exist_ok=True)
    spec = path.with_name("spec.yaml")
    if spec.is_file() and not (out / spec.name).exists():
        (out / spec.name).write_bytes(spec.read_bytes())
    return export_student(model, card, folder=out, samples_batch=batches, result=result)


def _real(card: ModelCard, data: Path) -> Iterator[GroundingInputs]:
    dataset = load_dataset(data)
    collator = Collator.of(card, dataset.needed_features())
    split = SplitData(dataset.splits["test"][: _BATCHES * _SAMPLES], collator, device="cpu")
    return (batch.inputs for batch in split.in_order())


def _made(model: nn.Module, card: ModelCard) -> Iterator[GroundingInputs]:
    """Videos of all lengths and sentences of all lengths, features with the mean and spread that were learnt."""
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
