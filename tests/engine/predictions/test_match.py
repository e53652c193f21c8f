"""What predictions cover, and what contradicts the dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.predictions.match import Matched, match
from mtkd_engine.predictions.read import read_predictions
from tests.engine.predictions.conftest import Said, everybody, noisy, write_jsonl


def matched(path: Path, said: Said, dataset: Dataset) -> Matched:
    return match(read_predictions(write_jsonl(path, said), kind="jsonl"), dataset, file=path.name)


def codes(found: Matched) -> dict[str, int]:
    return {problem.code: problem.count for problem in found.problems}


def test_whole_coverage_has_no_problems(tmp_path: Path, dataset: Dataset) -> None:
    found = matched(tmp_path / "p.jsonl", noisy(everybody(dataset)), dataset)
    assert found.coverage == {split: (len(s), len(s)) for split, s in dataset.splits.items()}
    assert not found.unknown
    assert not found.problems


def test_coverage_counts_by_split_and_unknown_ids_are_told(tmp_path: Path, dataset: Dataset) -> None:
    said = noisy(dataset.splits["val"])
    said["stranger"] = [[0.0, 1.0, 0.5]]
    found = matched(tmp_path / "p.jsonl", said, dataset)
    assert found.coverage["val"] == (12, 12)
    assert found.coverage["train"] == (0, 36)
    assert found.unknown == ("stranger",)
    assert codes(found) == {"unknown_ids": 1}
    assert found.problems[0].places[0].row == 13


def test_predictions_of_another_dataset_are_refused_with_ids_of_both(
    tmp_path: Path, dataset: Dataset
) -> None:
    said = {str(number): [[0.0, 1.0, 0.5]] for number in range(9)}
    with pytest.raises(
        DataError, match=r"none of the 63 samples of planted.*such as '0', '1', '2'.*'train0#0'"
    ):
        matched(tmp_path / "p.jsonl", said, dataset)


def test_rows_given_twice_count_once_and_different_ones_are_refused(tmp_path: Path, dataset: Dataset) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", noisy(everybody(dataset)))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[0], lines[5]]))
    found = match(read_predictions(path, kind="jsonl"), dataset, file=path.name)
    assert codes(found) == {"repeated_rows": 2}
    assert len(found.predictions) == 63
    other = {**json.loads(lines[0]), "pred_relevant_windows": [[0, 1, 0.5]]}
    path.write_text("".join([*lines, json.dumps(other)]))
    with pytest.raises(DataError, match="rows 1 and 64 predict different things for sample 'train0#0'"):
        match(read_predictions(path, kind="jsonl"), dataset, file=path.name)


def test_a_row_on_another_video_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", noisy(everybody(dataset)))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[3]["vid"] = "train7"
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(
        DataError, match=r"row 4: sample 'train1#0' is on video 'train7' there, but on 'train1'"
    ):
        match(read_predictions(path, kind="jsonl"), dataset, file=path.name)


def test_windows_are_cut_at_the_ends_of_the_video_and_left_out_beyond(
    tmp_path: Path, dataset: Dataset
) -> None:
    said = noisy(everybody(dataset))
    first, second, third = list(said)[:3]
    said[first] = [[-2.0, 999.0, 0.9], [999.0, 1000.0, 0.95]]
    said[second] = [[-5.0, -1.0, 0.9]]
    said[third] = []
    found = matched(tmp_path / "p.jsonl", said, dataset)
    assert codes(found) == {"windows_cut": 1, "windows_outside": 2, "no_windows": 2}
    duration = dataset.splits["train"][0].duration
    assert found.predictions.values["windows"][0].tolist() == [0.0, duration]
    assert found.coverage["train"] == (34, 36)
    assert second not in found.predictions.ids


def test_predictions_that_all_lie_outside_are_refused(tmp_path: Path, dataset: Dataset) -> None:
    said: Said = {sample.sample_id: [[1e6, 2e6, 0.5]] for sample in everybody(dataset)}
    with pytest.raises(DataError, match="no sample has a window inside its video"):
        matched(tmp_path / "p.jsonl", said, dataset)


def test_a_file_of_one_row_over_and_over_is_read_in_one_pass(tmp_path: Path, dataset: Dataset) -> None:
    name = dataset.splits["val"][0].sample_id
    path = tmp_path / "p.jsonl"
    path.write_text((json.dumps({"sample_id": name, "pred_relevant_windows": [[0, 1, 0.5]]}) + "\n") * 30_000)
    found = match(read_predictions(path, kind="jsonl"), dataset, file=path.name)
    assert codes(found) == {"repeated_rows": 29_999}
    assert len(found.problems[0].places) == 20
