"""The same predictions are the same, whatever file they come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.modelfile import recognise
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.match import match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.predictions.sealed import Sealed, read_sealed, write_sealed
from tests.engine.predictions.conftest import (
    Said,
    everybody,
    noisy,
    write_jsonl,
    write_npz,
    write_parquet,
    write_ragged,
)

Write = Callable[[Path, Said], Path]


def read(path: Path) -> Predictions:
    kind = recognise(path)
    assert kind != "safetensors"
    return read_predictions(path, kind=kind)


def sealed(path: Path, dataset: Dataset) -> Sealed:
    return Sealed(match(read(path), dataset, file=path.name).predictions, dataset.content_hash)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("p.jsonl.gz", write_jsonl),
        ("p.npz", write_npz),
        ("ragged.npz", write_ragged),
        ("p.parquet", write_parquet),
    ],
)
def test_windows_are_the_same_in_every_format_and_order(
    tmp_path: Path, dataset: Dataset, name: str, write: Write
) -> None:
    said = noisy(everybody(dataset))
    plain = sealed(write_jsonl(tmp_path / "plain.jsonl", said), dataset)
    mixed = dict(reversed([(key, windows[::-1]) for key, windows in said.items()]))
    other = sealed(write(tmp_path / name, mixed), dataset)
    assert other.content_hash == plain.content_hash
    assert other.predictions.ids == tuple(sample.sample_id for sample in everybody(dataset))
    best = other.predictions.values["windows"][other.predictions.offsets[:-1]]
    assert np.allclose(best, [said[key][0][:2] for key in other.predictions.ids])


def test_other_numbers_another_dataset_or_another_scale_are_other_predictions(
    tmp_path: Path, dataset: Dataset
) -> None:
    said = noisy(everybody(dataset))
    plain = sealed(write_jsonl(tmp_path / "p.jsonl", said), dataset)
    said[next(iter(said))][0][0] += 0.001
    changed = sealed(write_jsonl(tmp_path / "p.jsonl", said), dataset)
    assert len({plain.content_hash, changed.content_hash, Sealed(plain.predictions, "x").content_hash}) == 3


def test_rows_may_have_different_numbers_of_windows(tmp_path: Path, dataset: Dataset) -> None:
    said = {
        key: windows[: 1 + row % 3] for row, (key, windows) in enumerate(noisy(everybody(dataset)).items())
    }
    hashes = {
        sealed(write(tmp_path / name, said), dataset).content_hash
        for name, write in [("a.jsonl", write_jsonl), ("a.npz", write_ragged), ("a.parquet", write_parquet)]
    }
    assert len(hashes) == 1


def spans(dataset: Dataset, clips: int = 6) -> dict[str, Any]:
    ids = [sample.sample_id for sample in everybody(dataset)]
    rng = np.random.default_rng(1)
    return {
        "sample_id": ids,
        "start": rng.normal(size=(len(ids), clips)),
        "end": rng.normal(size=(len(ids), clips)),
    }


def test_spans_and_maps_are_the_same_as_arrays_and_as_a_table(tmp_path: Path, dataset: Dataset) -> None:
    span = spans(dataset)
    maps = {
        "sample_id": span["sample_id"],
        "map": np.random.default_rng(2).normal(size=(len(span["start"]), 5, 5)),
    }
    for columns in (span, maps):
        np.savez(tmp_path / "dense.npz", **columns)
        pq.write_table(
            pa.table({name: np.asarray(value).tolist() for name, value in columns.items()}),
            tmp_path / "t.parquet",
        )
        dense, table = sealed(tmp_path / "dense.npz", dataset), sealed(tmp_path / "t.parquet", dataset)
        assert dense.predictions.scale == "logits"
        assert dense.content_hash == table.content_hash


@pytest.mark.parametrize("form", ["windows", "span", "map"])
def test_what_was_sealed_comes_back_equal(tmp_path: Path, dataset: Dataset, form: str) -> None:
    path = tmp_path / "p.npz"
    if form == "windows":
        write_npz(path, noisy(everybody(dataset)))
    elif form == "span":
        np.savez(path, **spans(dataset))
    else:
        np.savez(path, sample_id=spans(dataset)["sample_id"], map=np.ones((len(everybody(dataset)), 3, 3)))
    first = sealed(path, dataset)
    write_sealed(tmp_path / "predictions.npz", first)
    again = read_sealed(tmp_path / "predictions.npz")
    assert again.content_hash == first.content_hash
    assert again.dataset_hash == dataset.content_hash
    assert again.predictions.scale == first.predictions.scale
    assert sealed(tmp_path / "predictions.npz", dataset).content_hash == first.content_hash


def test_scores_between_0_and_1_are_probabilities_unless_the_file_says_otherwise(
    tmp_path: Path, dataset: Dataset
) -> None:
    said = noisy(everybody(dataset))
    assert read(write_npz(tmp_path / "p.npz", said)).scale == "probabilities"
    with np.load(tmp_path / "p.npz") as arrays:
        np.savez(tmp_path / "stated.npz", scale="logits", **arrays)
    assert read(tmp_path / "stated.npz").scale == "logits"
    table = pq.read_table(write_parquet(tmp_path / "p.parquet", said))
    pq.write_table(table.replace_schema_metadata({"scale": "logits"}), tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet").scale == "logits"
    said[next(iter(said))][0][2] = 3.5
    assert read(write_npz(tmp_path / "p.npz", said)).scale == "logits"


def test_a_whole_number_or_a_text_under_qid_is_an_id(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [
        {"qid": 7, "vid": "v", "pred_relevant_windows": [[0, 1, 0.5]]},
        {"qid": "8", "pred_relevant_windows": []},
    ]
    path.write_text("\ufeff" + "\n\n".join(map(json.dumps, rows)))
    found = read(path)
    assert found.ids == ("7", "8")
    assert found.videos == ("v", None)
    assert found.lines.tolist() == [1, 3]
    assert found.sizes.tolist() == [1, 0]
