"""Real sets of gaze, of pictures and of videos, are read as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.gaze.dataset import GazeDataset
from mtkd_engine.data.gaze.finding import find_gaze
from mtkd_engine.data.gaze.load import load_gaze
from mtkd_engine.data.gaze.seen import kept_of
from mtkd_engine.data.task import task_of
from mtkd_engine.tasks.saliency import GazeSplit, measured
from tests.engine.tasks.saliency.made import the_truth
from tests.real_data import FOLDER

OSIE, MUVFET = FOLDER / "osie_400x300", FOLDER / "muvfet5"


def here(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not folder.is_dir(), reason=f"the real set {folder.name} is not at {folder}")


@here(OSIE)
def test_osie_is_read_sealed_and_measured(tmp_path: Path) -> None:
    assert task_of(OSIE) == "saliency"
    report = check_dataset(OSIE, seal=tmp_path / "sealed")
    assert [problem["code"] for problem in report["problems"]] == ["split_made"]
    assert sum(report["splits"][split]["fixations"] for split in report["splits"]) == 49_116
    dataset = load_gaze(tmp_path / "sealed")
    assert isinstance(dataset, GazeDataset)
    place = dataset.splits["test"][0].place
    assert set(np.unique(dataset.gaze.viewers(place))) <= set(range(15))
    split = GazeSplit(dataset, "test", height=60, width=80, protocol="mit", samples=4)
    values = measured(the_truth, split).values
    assert values["cc"] > 0.99
    assert 0.85 < values["s_auc"] < values["auc_j"] < 0.99


@here(MUVFET)
def test_fixations_of_muvfet_run_past_the_end_and_are_cut_off() -> None:
    """The videos themselves are not read here: their rates and lengths are those that lie beside them."""
    assert task_of(MUVFET) == "saliency"
    handed = find_gaze([MUVFET], name="muvfet5")
    assert handed.kind == "gaze_video"
    assert [row.sample_id for row in handed.rows] == ["011", "012", "021", "022", "071"]
    lengths = {"011": (523, 25.0), "012": (396, 23.976)}
    found = [
        kept_of(handed.looked[row.place], size=(720, 1280), frames=frames, rate=rate)
        for row in handed.rows
        for frames, rate in [lengths.get(row.sample_id, (0, 0.0))]
        if frames
    ]
    assert (found[0].late, found[0].clipped, len(found[0].looks_K)) == (100, 30, 1889)
    assert found[0].viewers == 39
    assert all(
        int(kept.looks_K["stop"].max()) <= frames
        for kept, (frames, _) in zip(found, lengths.values(), strict=True)
    )
