"""Weights over training, sample by sample: as used in the steps of an epoch, as measured on validation.

Shape suffixes: B samples of a batch, N samples of a split, H boundaries, T teachers, R rows (sample, step).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.fulldisk import whole_or_nothing

MOST_SAMPLES = 20_000
MOST_STEPS = 200
LEAST_STEPS = 25
MOST_ROWS = 1_000_000
ROW_GROUP = 20_000


@dataclass(frozen=True)
class Rows:
    """Weights (R, T) in half precision, of which sample (R,) and at which step (R,)."""

    places_R: Tensor
    steps_R: Tensor
    weights_RT: Tensor


class WeightRecord:
    """The weights of a fixed choice of samples at steps that are fixed beforehand.

    Of train and validation together the 20,000 samples whose ids have the smallest sha256: the same in every job on
    a dataset. Of a long training every k-th epoch and measurement, the last one always, so that at most 200 of each
    remain, and at most a million rows where that leaves 25: checkpoints carry them all. Weights are means over
    boundaries, kept in half precision (three digits). Those of an epoch's steps stay on the device until it ends.
    """

    def __init__(
        self, *, teachers: Sequence[str], train: Sequence[str], val: Sequence[str], epochs: int, measured: int
    ) -> None:
        self._teachers = list(teachers)
        self._ids = _chosen(train, val)
        self._places = {sample_id: place for place, sample_id in enumerate(self._ids)}
        self._val = list(val)
        most = min(MOST_STEPS, max(LEAST_STEPS, MOST_ROWS // max(1, len(self._ids))))
        self._epochs = _Kept(of=epochs, most=most)
        self._measurements = _Kept(of=measured, most=most)
        self._rows: list[Rows] = []
        self._open: list[tuple[int, list[str], Tensor]] = []
        self._epoch = 0

    def used(self, sample_ids: Sequence[str], weights_BHT: Tensor, *, step: int, epoch: int) -> None:
        """This will note the weights of a step, without reading them back; epochs count from 1."""
        if epoch != self._epoch:
            self.settle()
            self._epoch = epoch
        if epoch in self._epochs:
            self._open.append((step, list(sample_ids), weights_BHT.detach().mean(1).half()))

    def measured(self, weights_NHT: Tensor, *, step: int, number: int) -> None:
        """This will note the weights on validation, in its order, at the measurement of this number, from 1 on."""
        self.settle()
        if number in self._measurements:
            self._take([(step, self._val, weights_NHT.detach().mean(1).half())])

    def settle(self) -> None:
        """This will read back what steps have left on the device; due once an epoch."""
        self._take(self._open)
        self._open = []

    def state(self) -> dict[str, Any]:
        """This will give all that was noted, for a checkpoint."""
        self.settle()
        rows = self._joined()
        return {"places": rows.places_R, "steps": rows.steps_R, "weights": rows.weights_RT}

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """This will go on from what `state` gave; from nothing where a checkpoint of an older version has none."""
        self._open = []
        self._rows = [] if state is None else [Rows(state["places"], state["steps"], state["weights"])]

    def table(self) -> pa.Table:
        """This will give `sample_id`, `step` and one column per teacher, sorted by sample, then step."""
        self.settle()
        rows = self._joined()
        order_R = np.lexsort((rows.steps_R.numpy(), rows.places_R.numpy()))
        ids = pa.DictionaryArray.from_arrays(
            pa.array(rows.places_R.numpy()[order_R]), pa.array(self._ids, pa.string())
        )
        weights_RT: NDArray[np.float32] = rows.weights_RT.float().numpy()[order_R]
        columns = {name: weights_RT[:, t] for t, name in enumerate(self._teachers)}
        steps = pa.array(rows.steps_R.numpy()[order_R], pa.int32())
        return pa.table({"sample_id": ids.cast(pa.string()), "step": steps, **columns})

    def write(self, path: Path) -> None:
        """This will write the table as Parquet, whole or not at all."""
        with whole_or_nothing(path.with_suffix(".partial")) as partial:
            pq.write_table(self.table(), partial, row_group_size=ROW_GROUP)
            partial.replace(path)

    def _take(self, noted: list[tuple[int, list[str], Tensor]]) -> None:
        if not noted:
            return
        weights_RT = torch.cat([weights_BT for _, _, weights_BT in noted]).cpu()
        places = [self._places.get(sample_id, -1) for _, ids, _ in noted for sample_id in ids]
        steps = [step for step, ids, _ in noted for _ in ids]
        places_R = torch.tensor(places, dtype=torch.int32)
        kept_R = places_R >= 0
        steps_R = torch.tensor(steps, dtype=torch.int32)
        self._rows.append(Rows(places_R[kept_R], steps_R[kept_R], weights_RT[kept_R]))

    def _joined(self) -> Rows:
        none = torch.zeros(0, dtype=torch.int32)
        empty = Rows(none, none, torch.zeros(0, len(self._teachers), dtype=torch.half))
        rows = [empty, *self._rows]
        joined = Rows(
            torch.cat([part.places_R for part in rows]),
            torch.cat([part.steps_R for part in rows]),
            torch.cat([part.weights_RT for part in rows]),
        )
        self._rows = [joined]
        return joined


@dataclass(frozen=True)
class _Kept:
    """Which of `of` numbered things are kept, so that about `most` remain: every k-th and the last."""

    of: int
    most: int

    def __contains__(self, number: int) -> bool:
        return number % math.ceil(self.of / self.most) == 0 or number == self.of


def _chosen(train: Sequence[str], val: Sequence[str]) -> list[str]:
    """The ids whose weights are kept, sorted."""
    together = [*train, *val]
    if len(together) > MOST_SAMPLES:
        together = sorted(together, key=lambda sample_id: hashlib.sha256(sample_id.encode()).digest())
    return sorted(together[:MOST_SAMPLES])
