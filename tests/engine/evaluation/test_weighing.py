"""Weights over training: bounded, exact over a stop, sorted for those who read a few samples."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.evaluation import weighing
from mtkd_engine.evaluation.weighing import WeightRecord

TRAIN, VAL = ["b", "a", "d"], ["c"]


def record(epochs: int = 4, measured: int = 2) -> WeightRecord:
    return WeightRecord(teachers=["one", "two"], train=TRAIN, val=VAL, epochs=epochs, measured=measured)


def weights(share: float, rows: int, boundaries: int = 1) -> torch.Tensor:
    return torch.tensor([share, 1 - share]).expand(rows, boundaries, 2)


def play(kept: WeightRecord, *, first: int = 1, last: int = 4) -> None:
    for epoch in range(first, last + 1):
        step = 2 * epoch
        kept.used(["b", "a"], weights(epoch / 8, 2), step=step - 1, epoch=epoch)
        kept.used(["d"], weights(epoch / 16, 1), step=step, epoch=epoch)
        if epoch % 2 == 0:
            kept.measured(weights(epoch / 32, 1), step=step, number=epoch // 2)


def test_rows_are_sorted_by_sample_then_step_and_say_the_step_that_used_them() -> None:
    kept = record()
    play(kept)
    rows = kept.table().to_pylist()
    assert [(row["sample_id"], row["step"]) for row in rows] == [
        *(("a", step) for step in (1, 3, 5, 7)),
        *(("b", step) for step in (1, 3, 5, 7)),
        *(("c", step) for step in (4, 8)),
        *(("d", step) for step in (2, 4, 6, 8)),
    ]
    assert [row["one"] for row in rows[:4]] == [0.125, 0.25, 0.375, 0.5]
    assert [row["two"] for row in rows[8:10]] == [0.9375, 0.875]


def test_the_file_has_the_types_that_readers_expect(tmp_path: Path) -> None:
    kept = record()
    play(kept)
    kept.write(tmp_path / "weights.parquet")
    schema = pq.read_schema(tmp_path / "weights.parquet")
    assert [str(field.type) for field in schema] == ["string", "int32", "float", "float"]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_what_a_checkpoint_carries_goes_on_as_if_nothing_had_stopped(stop: int, tmp_path: Path) -> None:
    whole, first, second = record(), record(), record()
    play(whole)
    play(first, last=stop)
    torch.save(first.state(), tmp_path / "state.pt")
    play(first, first=stop + 1)  # what came after the checkpoint is lost
    second.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    play(second, first=stop + 1)
    assert second.table().equals(whole.table())
    assert first.table().equals(whole.table())


def test_a_stop_within_an_epoch_loses_nothing() -> None:
    whole, part = record(), record()
    for kept in (whole, part):
        kept.used(["b", "a"], weights(0.5, 2), step=1, epoch=1)
    part.restore(part.state())
    for kept in (whole, part):
        kept.used(["d"], weights(0.25, 1), step=2, epoch=1)
    assert part.table().equals(whole.table())


def test_boundaries_are_averaged() -> None:
    kept = record()
    kept.used(["a"], torch.tensor([[[0.25, 0.75], [0.75, 0.25]]]), step=1, epoch=1)
    assert kept.table().to_pylist() == [{"sample_id": "a", "step": 1, "one": 0.5, "two": 0.5}]


def test_of_a_long_training_every_kth_epoch_is_kept_and_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "MOST_STEPS", 3)
    kept = record(epochs=10, measured=5)
    play(kept, last=10)
    steps = [row["step"] for row in kept.table().to_pylist() if row["sample_id"] == "d"]
    assert steps == [8, 16, 20]
    measured = [row["step"] for row in kept.table().to_pylist() if row["sample_id"] == "c"]
    assert measured == [8, 16, 20]


def test_of_many_samples_the_same_ones_are_kept_whatever_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "MOST_SAMPLES", 2)
    found = []
    for train in (TRAIN, TRAIN[::-1]):
        kept = WeightRecord(teachers=["one", "two"], train=train, val=VAL, epochs=4, measured=2)
        play(kept)
        found.append(set(kept.table()["sample_id"].to_pylist()))
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_many_rows_leave_room_for_few_epochs_but_never_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "MOST_ROWS", 40)
    monkeypatch.setattr(weighing, "LEAST_STEPS", 5)
    kept = record(epochs=100, measured=50)
    play(kept, last=100)
    steps = [row["step"] for row in kept.table().to_pylist() if row["sample_id"] == "a"]
    assert steps == [2 * epoch - 1 for epoch in range(10, 101, 10)]


def test_a_checkpoint_of_an_older_version_begins_with_nothing() -> None:
    kept = record()
    play(kept)
    kept.restore(None)
    assert kept.table().num_rows == 0
