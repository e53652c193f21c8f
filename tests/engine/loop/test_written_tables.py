"""What a whole job writes down: every sample, every teacher, every step that was recorded."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.events import Weights
from tests.engine.attempts import run
from tests.engine.loop.conftest import Done

EPOCHS = 4
STEPS = 20


def test_the_table_has_all_samples_of_all_splits_in_their_order(distilled: Done, planted: Path) -> None:
    table = pq.read_table(distilled.artifacts / "per_sample.parquet").to_pydict()
    dataset = load_dataset(planted / "planted")
    expected = [(split, s.sample_id) for split in ("train", "val", "test") for s in dataset.splits[split]]
    assert list(zip(table["split"], table["sample_id"], strict=True)) == expected
    names = [name.removesuffix("/weight") for name in table if name.endswith("/weight")]
    assert len(names) == 2
    for row in range(len(expected)):
        assert sum(table[f"{name}/weight"][row] for name in names) == pytest.approx(1.0, abs=1e-5)
        assert table["leading"][row] in names


def test_every_train_sample_has_its_weights_of_every_epoch_and_val_of_every_measurement(
    distilled: Done, planted: Path
) -> None:
    rows = pq.read_table(distilled.artifacts / "weights.parquet").to_pydict()
    dataset = load_dataset(planted / "planted")
    steps: dict[str, list[int]] = {}
    for sample_id, step in zip(rows["sample_id"], rows["step"], strict=True):
        steps.setdefault(sample_id, []).append(step)
    assert list(steps) == sorted(s.sample_id for split in ("train", "val") for s in dataset.splits[split])
    each = STEPS // EPOCHS
    for sample in dataset.splits["train"]:
        assert [(step - 1) // each for step in steps[sample.sample_id]] == list(range(EPOCHS))
    for sample in dataset.splits["val"]:
        assert steps[sample.sample_id] == [each * epoch for epoch in range(1, EPOCHS + 1)]


def test_weights_of_probe_samples_are_those_of_the_heatmap(distilled: Done) -> None:
    events, table = distilled.events, pq.read_table(distilled.artifacts / "weights.parquet").to_pylist()
    kept = {(row["sample_id"], row["step"]): row for row in table}
    spoken = [event for event in events if isinstance(event, Weights)]
    probe = next(event for event in events if event.kind == "probeset")
    for event in spoken:
        for sample_id, shares in zip(probe.sample_ids, event.probe, strict=True):  # type: ignore[attr-defined]
            row = kept[sample_id, event.step]
            assert [row[name] for name in event.teachers] == pytest.approx(shares, abs=1e-3)


def test_the_same_spec_writes_the_same_tables(distilled: Done, planted: Path, tmp_path: Path) -> None:
    run(distilled.spec, base=planted, folder=tmp_path)
    for name in ("per_sample.parquet", "weights.parquet"):
        assert (tmp_path / "artifacts" / name).read_bytes() == (distilled.artifacts / name).read_bytes()
