"""How fast beliefs are read from the cache, in batches of random rows as training does."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from mtkd_engine.cache.rows.header import Header
from mtkd_engine.cache.rows.read import Reader
from mtkd_engine.cache.rows.table import Table

CLASSES = 10
TEACHERS = 3


def reader(folder: Path, *, samples: int, views: int, device: str = "cpu") -> Reader:
    """This will lay out the rows of three teachers, full of random beliefs, and give what reads them."""
    random = np.random.default_rng(0)
    tables = []
    for teacher in range(TEACHERS):
        header = Header(
            sources=((f"teacher {teacher}", 1.0),),
            dataset="random",
            split="train",
            samples="random",
            count=samples,
            classes=CLASSES,
            class_maps="none",
            inputs="none",
            size=32,
            views=views,
            augment={"views": views},
        )
        table = Table(folder, header)
        for view in range(views):
            beliefs = random.standard_normal((samples, CLASSES)).astype(np.float16)
            table.write(view, 0, beliefs)
        tables.append(table)
    return Reader(tables, device=device)


def rows_per_s(rows: Reader, *, samples: int, views: int, batch: int, seconds: float) -> float:
    """This will read batches for so many seconds; each sample of a batch is one row of each teacher."""
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(samples, generator=generator)
    whole = samples // batch
    read, number = 0, 0
    began = time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        view, place = divmod(number, whole)
        rows_B = order[place * batch : (place + 1) * batch]
        rows.log_probs(rows_B, torch.full((batch,), view % views))
        read += batch * TEACHERS
        number += 1
    return read / taken
