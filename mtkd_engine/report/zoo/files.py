"""The files of each learner: its model, ONNX, card and tables, under a name of its own."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from mtkd_engine.events import Warned
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.report.ending import exported
from mtkd_engine.report.zoo.face import Arena
from mtkd_engine.spec import Spec

LONGEST = 60
_KINDS = {".safetensors": "model", ".onnx": "onnx", ".json": "json", ".md": "card"}


def stems(names: Sequence[str]) -> list[str]:
    """This will give each learner a name that files can have: its place, and what is plain of its name."""
    return [
        f"{place + 1}-{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:LONGEST].strip('_') or 'model'}"
        for place, name in enumerate(names)
    ]


def export_learner(
    model: nn.Module,
    card: AnyCard,
    *,
    arena: Arena[Any],
    spec: Spec,
    result: Mapping[str, Any],
    stem: Path,
    files: dict[str, str],
) -> Iterator[Warned]:
    """This will write `STEM.safetensors`, `.json`, `.onnx` and `.md`, and name them in `files` by kind."""
    with tempfile.TemporaryDirectory(dir=stem.parent, prefix=".export-") as place:
        folder = Path(place)
        batches = arena.fed(card)
        yield from exported(
            model, card, batches=batches, spec=spec, result=result, folder=folder, stem=stem.name
        )
        for path in sorted(folder.iterdir()):
            name = f"{stem.name}{path.suffix}"
            path.replace(stem.with_name(name))
            files[_KINDS[path.suffix]] = name
