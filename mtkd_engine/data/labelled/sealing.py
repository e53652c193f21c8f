"""Writing the sealed form of labelled samples, dataset.json and samples.jsonl, around the files of what they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine.data.labelled.samples import TASK, StatedT, line_of
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import INDEX
from mtkd_engine.data.split import SPLITS


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What dataset.json says of samples of any kind."""

    name: str
    source_format: str
    classes: tuple[str, ...]
    repairs: tuple[str, ...] = ()
    split_made: bool = False


def seal_labelled(
    target: Path,
    statement: Statement,
    splits: Mapping[str, Sequence[StatedT]],
    *,
    write: Callable[[Path, Sequence[StatedT]], None],
    about: Mapping[str, Any],
) -> int:
    """This will write the new folder `target` whole or not at all, and give its bytes.

    `write` adds the files of what samples are, in their order; dataset.json says of them what is in `about`.
    """
    with new_folder(target) as folder:
        _write_samples(folder, _in_order(splits))
        write(folder, [stated for _, stated in _in_order(splits)])
        stated = {
            "format": SEALED,
            "task": TASK,
            **about,
            "name": statement.name,
            "classes": list(statement.classes),
            "splits": {split: len(splits[split]) for split in SPLITS},
            "source_format": statement.source_format,
            "repairs": list(statement.repairs),
            "split_made": statement.split_made,
        }
        (folder / FILE).write_text(json.dumps(stated, ensure_ascii=False, indent=1), encoding="utf-8")
        return sum(file.stat().st_size for file in folder.iterdir())


def write_starts(path: Path, starts: Sequence[int]) -> None:
    """This will write where each part of a file begins, and where the last one ends."""
    path.write_bytes(np.array(starts, dtype="<u8").tobytes())


def _write_samples(folder: Path, samples: Iterator[tuple[str, StatedT]]) -> None:
    lines = [0]
    with (folder / SAMPLES).open("wb") as file:
        for split, stated in samples:
            lines.append(lines[-1] + file.write(line_of(split, stated)))
    write_starts(folder / INDEX, lines)


def _in_order(splits: Mapping[str, Sequence[StatedT]]) -> Iterator[tuple[str, StatedT]]:
    return ((split, stated) for split in SPLITS for stated in splits[split])
