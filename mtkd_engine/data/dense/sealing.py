"""Writing the sealed form of dense samples, dataset.json and samples.jsonl, around the files of what they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mtkd_engine.data.dense.samples import Splits, dense_line
from mtkd_engine.data.labelled.sealing import write_starts
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import INDEX
from mtkd_engine.data.split import SPLITS


def seal_dense(
    target: Path, *, about: Mapping[str, Any], write: Callable[[Path], Splits]
) -> tuple[Splits, int]:
    """This will write the new folder `target` whole or not at all, and give its samples and its bytes.

    `write` adds the files of what samples are, and gives the samples in the order train, val, test in which those
    files have them; dataset.json says what is in `about` (task, kind, name ...).
    """
    with new_folder(target) as folder:
        splits = write(folder)
        lines = [0]
        with (folder / SAMPLES).open("wb") as file:
            for split in SPLITS:
                for stated in splits[split]:
                    lines.append(lines[-1] + file.write(dense_line(split, stated)))
        write_starts(folder / INDEX, lines)
        stated_all = {
            "format": SEALED,
            **about,
            "splits": {split: len(splits[split]) for split in SPLITS},
        }
        (folder / FILE).write_text(json.dumps(stated_all, ensure_ascii=False, indent=1), encoding="utf-8")
        return splits, sum(file.stat().st_size for file in folder.iterdir())
