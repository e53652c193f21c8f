"""The rows of several teachers on one part of a dataset, as beliefs on a batch.

Shape suffixes: T teachers (or one row that stands for all), B samples, C classes, S numbers of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.cache.rows.forms import to_log_probs
from mtkd_engine.cache.rows.table import Table
from mtkd_engine.tasks.classification.pixels import on_device

SHARE = 0.25
"""Of a device's free memory that rows may take; there they are read without waiting for the device."""


class Reader:
    """Finds rows by sample and view: one gather per teacher, from the files or from the device's memory."""

    def __init__(self, tables: Sequence[Table], *, device: torch.device | str) -> None:
        """This will open the rows of tables that agree in samples, views and form."""
        self._tables = list(tables)  # open as long as they are read
        self._header = tables[0].header
        shapes = {(t.header.samples, t.header.planes, t.header.stride, t.header.softened) for t in tables}
        assert len(shapes) == 1, "rows of one part are alike"
        self._device = torch.device(device)
        self._rows = [table.rows().view(self._bits) for table in tables]
        self._resident = self._on_device()

    @property
    def _bits(self) -> np.dtype[np.generic]:
        """torch does not gather unsigned 16-bit numbers; as signed ones they are the same bits."""
        return np.dtype(np.float16 if self._header.form == "dense" else np.int16)

    def _on_device(self) -> list[Tensor]:
        if self._device.type != "cuda":
            return []
        free, _ = torch.cuda.mem_get_info(self._device)
        if sum(rows.nbytes for rows in self._rows) > SHARE * free:
            return []
        return [torch.from_numpy(rows).to(self._device) for rows in self._rows]

    def log_probs(self, rows_B: Tensor, views_B: Tensor) -> Tensor:
        """This will give the beliefs log p (T, B, C), float32, on the device; `rows_B` and `views_B` lie on the host.

        Nothing is read back from a device.
        """
        slots_B = rows_B if self._header.views == 0 else views_B * self._header.count + rows_B
        if self._resident:
            there_B = on_device(slots_B.numpy(), self._device)
            found_TBS = torch.stack([rows.index_select(0, there_B) for rows in self._resident])
        else:
            found_TBS = on_device(self._from_files(slots_B.numpy()), self._device)
        return to_log_probs(found_TBS, self._header)

    def _from_files(self, slots_B: NDArray[np.int64]) -> NDArray[Any]:
        found = np.empty((len(self._rows), len(slots_B), self._header.stride), self._bits)
        for rows, room in zip(self._rows, found, strict=True):
            np.take(rows, slots_B, axis=0, out=room, mode="clip")  # the only mode that writes without a copy
        return found
