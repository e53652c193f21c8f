"""Looking at what a user hands in, before a job does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mtkd_engine.checkpoint import file_sha256
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.evaluation.student import quality
from mtkd_engine.modelfile import ModelError, load_model
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator


def check_teacher(path: Path) -> dict[str, Any]:
    """This will read a teacher's file whole and describe it; raises ModelError with one sentence."""
    model, card = load_model(path)
    return {
        "task": card.task,
        "content_hash": file_sha256(path),
        "card": card.model_dump(mode="json"),
        "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": path.stat().st_size,
    }


def evaluate_model(path: Path, *, data: Path, split: str) -> dict[str, float]:
    """This will measure a model file on a split of a dataset folder; raises ModelError or DataError."""
    model, card = load_model(path)
    dataset = load_dataset(data)
    if card.feature_width != dataset.features.width:
        raise ModelError(
            f"{path.name} reads features of width {card.feature_width}, "
            f"but those of {dataset.name} have width {dataset.features.width}."
        )
    return quality(model, SplitData(dataset.splits[split], Collator.of(card, dataset.features), device="cpu"))
