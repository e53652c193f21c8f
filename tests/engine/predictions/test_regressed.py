"""Centres, widths and scores of regression networks become scored windows, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.modelfile import recognise
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.match import Matched, match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.predictions.sealed import Sealed, read_sealed, write_sealed
from tests.engine.predictions.conftest import everybody, noisy, write_npz

GOOD: dict[str, Any] = {"sample_id": ["a"], "centre": [[0.5]], "width": [[0.2]], "score": [[0.9]]}


def columns(dataset: Dataset, *, unit: str) -> dict[str, Any]:
    """What `noisy` says of everybody, as centres and widths."""
    said = noisy(everybody(dataset))
    durations = {sample.sample_id: sample.duration for sample in everybody(dataset)}
    table = np.array(list(said.values()))
    by = np.array([[durations[name]] for name in said]) if unit == "fractions" else 1.0
    return {
        "sample_id": list(said),
        "centre": (table[:, :, 0] + table[:, :, 1]) / 2 / by,
        "width": (table[:, :, 1] - table[:, :, 0]) / by,
        "score": table[:, :, 2],
    }


def write(path: Path, content: dict[str, Any], *, unit: str | None) -> Path:
    lists = {name: np.asarray(value).tolist() for name, value in content.items()}
    if path.suffix == ".npz":
        np.savez(path, **content, **({} if unit is None else {"unit": unit}))
    elif path.suffix == ".parquet":
        table = pa.table(lists)
        pq.write_table(table if unit is None else table.replace_schema_metadata({"unit": unit}), path)
    else:
        stated = {} if unit is None else {"unit": unit}
        rows = [dict(zip(lists, row, strict=True)) | stated for row in zip(*lists.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> Predictions:
    kind = recognise(path)
    assert kind != "safetensors"
    return read_predictions(path, kind=kind)


def matched(path: Path, dataset: Dataset) -> Matched:
    return match(read(path), dataset, file=path.name)


@pytest.mark.parametrize("unit", ["seconds", "fractions"])
def test_they_are_the_windows_that_they_mean_in_every_format(
    tmp_path: Path, dataset: Dataset, unit: str
) -> None:
    plain = matched(write_npz(tmp_path / "plain.npz", noisy(everybody(dataset))), dataset)
    found = [
        matched(write(tmp_path / f"p.{kind}", columns(dataset, unit=unit), unit=unit), dataset)
        for kind in ("npz", "parquet", "jsonl")
    ]
    for one in found:
        assert one.problems == ()
        assert one.predictions.form == "windows"
        assert one.predictions.unit == "seconds"
        assert one.predictions.scale == "probabilities"
        assert np.allclose(one.predictions.values["windows"], plain.predictions.values["windows"], atol=1e-9)
        assert np.array_equal(one.predictions.values["scores"], plain.predictions.values["scores"])
    hashes = {Sealed(one.predictions, dataset.content_hash).content_hash for one in found}
    assert len(hashes) == 1
    sealed = Sealed(found[0].predictions, dataset.content_hash)
    write_sealed(tmp_path / "sealed.npz", sealed)
    assert read_sealed(tmp_path / "sealed.npz").content_hash == sealed.content_hash


def test_as_many_as_each_sample_has_may_lie_one_after_another(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "p.npz",
        sample_id=["a", "b"],
        offsets=[0, 1, 3],
        centre=[4.0, 2.0, 8.0],
        width=[2.0, 4.0, 0.0],
        score=[1.5, -2.0, 0.0],
        unit="seconds",
    )
    found = read(tmp_path / "p.npz")
    assert found.sizes.tolist() == [1, 2]
    assert found.values["windows"].tolist() == [[3.0, 5.0], [0.0, 4.0], [8.0, 8.0]]
    assert found.scale == "logits"


def test_rounding_at_the_ends_of_a_video_is_no_problem_and_windows_beyond_are_cut(
    tmp_path: Path, dataset: Dataset
) -> None:
    content = columns(dataset, unit="fractions")
    content["centre"][:2, 0] = np.float32([0.9, 0.8])
    content["width"][:2, 0] = np.float32([0.2, 1.0])
    content["width"][0, 0] += 1e-6
    found = matched(write(tmp_path / "p.npz", content, unit="fractions"), dataset)
    assert [(p.code, p.count) for p in found.problems] == [("windows_cut", 1)]
    durations = [sample.duration for sample in everybody(dataset)[:2]]
    assert found.predictions.values["windows"][[0, 3], 1].tolist() == durations


@pytest.mark.parametrize("kind", ["npz", "parquet", "jsonl"])
@pytest.mark.parametrize(
    ("changes", "unit", "words"),
    [
        ({}, None, "unit is missing beside centre and width; accepted: seconds, fractions"),
        ({}, "clips", "unit is 'clips' beside centre and width; accepted: seconds, fractions"),
        ({"width": [[-0.1]]}, "seconds", r"sample 'a': width holds -0\.1; 0 or more is accepted"),
        ({"centre": [[1.5]]}, "fractions", r"centre holds 1\.5; 0 to 1 is accepted with unit fractions"),
        ({"width": [[75.0]]}, "fractions", "width holds 75; 0 to 1 is accepted with unit fractions"),
        ({"score": [[0.9, 0.1]]}, "seconds", "as many|do not fit together"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(
    tmp_path: Path, kind: str, changes: dict[str, Any], unit: str | None, words: str
) -> None:
    path = write(tmp_path / f"p.{kind}", GOOD | changes, unit=unit)
    with pytest.raises(DataError, match=words) as refused:
        read(path)
    assert len(str(refused.value)) < 300
    assert str(refused.value).isprintable()


def test_numbers_that_are_not_finite_and_missing_arrays_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="centre holds nan; finite numbers are accepted"):
        read(write(tmp_path / "p.npz", GOOD | {"centre": [[np.nan]]}, unit="seconds"))
    with pytest.raises(DataError, match="the array score is missing beside centre, width, score"):
        read(write(tmp_path / "p.npz", {n: v for n, v in GOOD.items() if n != "score"}, unit="seconds"))
    with pytest.raises(DataError, match="scores hold NaN or infinite"):
        read(write(tmp_path / "p.npz", GOOD | {"score": [[np.inf]]}, unit="seconds"))


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (
            {"qid": 2, "pred_relevant_windows": [[0, 1, 0.5]]},
            "line 2: it holds pred_relevant_windows, but earlier rows centre, width and score in seconds",
        ),
        (
            {"qid": 2, "centre": [0.5], "width": [0.5], "score": [1], "unit": "fractions"},
            "line 2: it holds centre, width and score in fractions, but earlier rows .* in seconds",
        ),
        (
            {"qid": 2, "centre": [0.5], "width": [0.5], "unit": "seconds"},
            "line 2: score is None; a list of numbers is accepted",
        ),
        (
            {"qid": 2, "centre": [0.5, 1], "width": [0.5], "score": [1], "unit": "seconds"},
            "line 2: centre 2, width 1, score 1; as many of each are accepted",
        ),
        (
            {"qid": 2, "centre": ["1"], "width": [0.5], "score": [1], "unit": "seconds"},
            r"line 2: centre is \['1'\]; a list of numbers is accepted",
        ),
        (
            {"qid": 2, "centre": [10**400], "width": [0.5], "score": [1], "unit": "seconds"},
            "line 2: centre holds .*; finite numbers are accepted",
        ),
    ],
)
def test_rows_that_say_it_in_another_way_are_named(
    tmp_path: Path, second: dict[str, Any], words: str
) -> None:
    first = {"qid": 1, "centre": [5], "width": [2.5], "score": [0.5], "unit": "seconds"}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(first) + "\n" + json.dumps(second))
    with pytest.raises(DataError, match=words):
        read(path)
