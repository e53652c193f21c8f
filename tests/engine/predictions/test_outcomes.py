"""The file of what a model said of each sample."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.predictions.outcomes import Outcomes, joined, outcomes_of, read_outcomes, write_outcomes


def told(split: str, **changes: object) -> Outcomes:
    given = {
        "dataset_hash": "d" * 64,
        "measure": "truth",
        "ids": [f"{split}/2", f"{split}/1"],
        "split": split,
        "sources": ["u", "v"],
        "labels": ["cat", "dog"],
        "said": ["cat", "cat"],
        "quality_N": [0.75, 0.25],
    }
    return outcomes_of(**{**given, **changes})  # type: ignore[arg-type]


def test_what_was_written_is_read_again_split_by_split_in_the_order_of_ids(tmp_path: Path) -> None:
    write_outcomes(tmp_path / "o.parquet", joined([told("val"), told("test")]))
    found = read_outcomes(tmp_path / "o.parquet")
    assert (len(found), found.measure, found.dataset_hash, found.has_classes) == (4, "truth", "d" * 64, True)
    val = found.split("val")
    assert val.ids.to_pylist() == ["val/1", "val/2"]
    assert val.sources.to_pylist() == ["v", "u"]
    known = val.known()
    assert known.quality_N.tolist() == [0.0, 1.0]
    assert known.surety_N.tolist() == [0.25, 0.75]
    assert len(found.split("train")) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["o.parquet"]


def test_masks_and_maps_say_no_class(tmp_path: Path) -> None:
    write_outcomes(tmp_path / "o.parquet", told("val", measure="miou", labels=None, said=None))
    found = read_outcomes(tmp_path / "o.parquet")
    assert not found.has_classes
    assert found.known().quality_N.tolist() == [0.75, 0.25]
    assert found.known().said_N is None


def test_samples_are_given_in_the_order_that_is_asked_for() -> None:
    assert told("val").of(pa.array(["val/1", "val/2"])).quality_N.tolist() == [0.25, 0.75]


def test_another_parquet_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    pq.write_table(pa.table({"sample_id": ["a"]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"x\.parquet holds no outcomes of samples"):
        read_outcomes(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("no table")
    with pytest.raises(ValueError, match=r"y\.parquet holds no outcomes of samples"):
        read_outcomes(tmp_path / "y.parquet")
