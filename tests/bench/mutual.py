"""Registered models that teach each other, against plain fine-tuning of the same length.

    make bench NAME=mutual DATA=folder [TEACHERS=folder]

DATA holds images of classes as for `classify` (then TEACHERS holds the checkpoints that take part), pictures with
masks, or pictures or videos with fixations. Nothing is chosen on test: states are chosen on validation, and every
setting stands in the modules `zoo_images` and `zoo_dense` as it was before the first run. With BENCH_FOLDER set, runs
that have ended there are not done again.
"""

from __future__ import annotations

import json
from pathlib import Path

from mtkd_engine.data.task import task_of
from tests.bench import zoo_dense, zoo_images
from tests.bench.runs import kept_folder


def main(data: str | None, teachers: str | None) -> None:
    """This will print the tables and, last, one line of JSON."""
    if data is None:
        print("DATA: a folder is needed; nothing was measured.")
        return
    task = task_of(Path(data))
    if task == "classification" and teachers is None:
        print("TEACHERS: a folder of checkpoints is needed for images of classes; nothing was measured.")
        return
    with kept_folder("bench-mutual-") as base:
        if task == "classification":
            assert teachers is not None
            told = zoo_images.run(Path(data), Path(teachers), base)
        else:
            told = zoo_dense.run(Path(data), base)
    print(json.dumps(told))
