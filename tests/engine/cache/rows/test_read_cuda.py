"""Rows are read on a CUDA device as on the host, and nobody waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mtkd_engine.cache.rows.build import fill
from mtkd_engine.cache.rows.read import Reader
from mtkd_engine.cache.rows.table import Table
from tests.engine.cache.rows.rowfiles import Oracle, header_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


@pytest.mark.parametrize("share", [0.25, 0.0])
def test_rows_in_device_memory_and_in_files_say_the_same_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr("mtkd_engine.cache.rows.read.SHARE", share)
    table = Table(tmp_path, header_of(views=2, augment={"views": 2}))
    list(fill(table, views=[0, 1], produce=Oracle(), detail="teacher"))
    rows_B, views_B = torch.randint(0, 600, (64,)), torch.randint(0, 2, (64,))
    here = Reader([table], device="cpu").log_probs(rows_B, views_B)
    reader = Reader([table], device="cuda")
    reader.log_probs(rows_B, views_B)
    torch.cuda.set_sync_debug_mode("error")
    try:
        there = reader.log_probs(rows_B, views_B)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert there.device.type == "cuda"
    assert torch.allclose(there.cpu(), here, atol=1e-5)
