"""A job on a part of its dataset: what is left out is nowhere, what is tested on is learned by nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.selections import Selection, select
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Event, Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.teachers.known import warn_of_known_tests
from tests.engine.loop.conftest import SOLO


@dataclass(frozen=True)
class Knowing:
    """A teacher that was trained on the whole of a dataset, or not."""

    name: str
    whole: str
    content_hash: str = "x"

    def saw(self, dataset: Dataset) -> bool:
        return self.whole == dataset.whole_hash


def run(planted: Path, folder: Path, **selections: object) -> list[Event]:
    spec = parse(
        {**SOLO, "data": {"dataset": "planted", **selections}, "optim": {**SOLO["optim"], "epochs": 1}}
    )  # type: ignore[dict-item]
    place = Place(folder=folder, cache=folder / "cache")
    return list(distill(spec, sources=Sources(base=planted), place=place))


@pytest.fixture
def whole(planted: Path) -> Dataset:
    return load_dataset(planted / "planted")


@pytest.mark.slow
def test_a_job_learns_and_tests_on_what_its_selections_leave(
    planted: Path, tmp_path: Path, whole: Dataset
) -> None:
    train, test = ([s.sample_id for s in whole.splits[split]] for split in ("train", "test"))
    (planted / "bad.txt").write_text("\n".join(test[:2]))
    (planted / "hard.txt").write_text("\n".join([*train[:2], *test[:5]]))
    events = run(planted, tmp_path, leave_out=["bad.txt"], test_on="hard.txt")
    assert isinstance(events[-1], Finished)
    table = pq.read_table(tmp_path / "artifacts" / "per_sample.parquet").to_pydict()
    tested = [one for one, split in zip(table["sample_id"], table["split"], strict=True) if split == "test"]
    assert set(tested) == {*train[:2], *test[2:5]}
    result = json.loads((tmp_path / "artifacts" / "result.json").read_text())
    assert result["dataset_hash"] != whole.content_hash
    card = json.loads((tmp_path / "artifacts" / "student.json").read_text())
    assert card["recipe"]["dataset_hash"] == whole.content_hash


def test_ids_of_another_dataset_end_a_job_before_any_work(planted: Path, tmp_path: Path) -> None:
    (planted / "strange.txt").write_text("nobody\n")
    with pytest.raises(DataError, match=r"selection 'strange.txt': 1 of its 1 ids"):
        run(planted, tmp_path, leave_out=["strange.txt"])


def test_teachers_that_know_what_is_tested_on_are_told(whole: Dataset) -> None:
    teachers = [Knowing("span", whole.content_hash), Knowing("outsider", "elsewhere")]
    moved = select(whole, test_on=Selection("hard", (whole.splits["train"][0].sample_id,)))
    warned = list(warn_of_known_tests(teachers, moved))
    assert [warning.code for warning in warned] == ["known_test_samples"]
    assert "1 of 1 test samples" in warned[0].message
    assert "'span'" in warned[0].message
    assert "outsider" not in warned[0].message
    left = select(whole, leave_out=[Selection("bad", (whole.splits["train"][0].sample_id,))])
    assert list(warn_of_known_tests(teachers, left)) == []
    assert list(warn_of_known_tests([Knowing("outsider", "elsewhere")], moved)) == []
