"""Eight real models judged together, from annotations and files as they were published."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.events import Finished
from mtkd_engine.teachers.check import check_teacher
from tests.engine.combining.conftest import run, spec_of
from tests.real_data import QVHIGHLIGHTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not QVHIGHLIGHTS.is_dir(), reason=f"there is no real data at {QVHIGHLIGHTS}"),
]


def test_real_models_are_worth_combining_and_one_weight_each_is_enough(tmp_path: Path) -> None:
    check_dataset(QVHIGHLIGHTS / "annotations.jsonl", name="said", seal=tmp_path / "said")
    models = sorted(path.name.split(".")[0] for path in (QVHIGHLIGHTS / "predictions").iterdir())
    for name in models:
        path = QVHIGHLIGHTS / "predictions" / f"{name}.jsonl.gz"
        check_teacher(path, dataset=tmp_path / "said", seal=tmp_path / name)
    last = list(run(tmp_path, tmp_path / "out", spec_of(models, method={"folds": 5})))[-1]
    assert isinstance(last, Finished)
    rows = {name: values["miou"] for name, values in last.baselines.items()}
    assert rows["best_single"] + 0.01 < rows["static"] < rows["oracle"] - 0.1
    assert rows["medoid"] < rows["static"]
    assert abs(last.metrics["miou"] - rows["static"]) < 0.01
    assert last.notes[0].startswith("These teachers are worth combining")
