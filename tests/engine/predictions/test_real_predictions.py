"""Predictions of real models as they were published, on real annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.teachers.check import check_teacher
from tests import real_data

FOLDER = real_data.FOLDER / "tsgv" / "qvhighlights_val_half"
R1_AT_05 = {
    "cgdetr": 68.0,
    "eatr": 62.5,
    "momentdetr": 55.5,
    "qddetr_clip": 60.4,
    "qddetr_video": 63.9,
    "taskweave_mr": 64.0,
    "trdetr": 68.6,
    "univtg": 69.0,
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no real data at {FOLDER}")


@pytest.fixture(scope="module")
def sealed_annotations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qvhighlights") / "sealed"
    check_dataset(FOLDER / "annotations.jsonl", name="qvhighlights", seal=folder)
    return folder


@pytest.mark.parametrize("model", sorted(R1_AT_05))
def test_published_predictions_cover_everything_and_are_as_good_as_measured(
    model: str, sealed_annotations: Path
) -> None:
    path = FOLDER / "predictions" / f"{model}.jsonl.gz"
    reports: list[dict[str, Any]] = [
        check_teacher(path, dataset=sealed_annotations, split=split) for split in ("train", "val", "test")
    ]
    for report in reports:
        assert report["scale"] == "probabilities"
        assert report["unknown"] == {"count": 0, "first": []}
        assert all(part["covered"] == part["of"] for part in report["coverage"].values())
        assert {problem["code"] for problem in report["problems"]} <= {"windows_cut", "windows_outside"}
        assert report["quality"]["metrics"]["miou"] > 2 * report["quality"]["blind"]["miou"]
    measured = [report["quality"] for report in reports]
    assert sum(quality["samples"] for quality in measured) == 775
    hits = sum(quality["samples"] * quality["metrics"]["r1@0.5"] for quality in measured)
    assert 100 * hits / 775 == pytest.approx(R1_AT_05[model], abs=0.1)
