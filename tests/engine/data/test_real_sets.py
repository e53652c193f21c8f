"""The real sets, where they lie on this machine: their counts are those of their papers."""

import time
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from tests.real_data import CHARADES_STA, FIR_ACTIONS, QVHIGHLIGHTS, TACOS


def here(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not folder.is_dir(), reason=f"the real set {folder.name} is not at {folder}")


def problem(report: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(problem for problem in report["problems"] if problem["code"] == code)
    return found


def counts(report: dict[str, Any], *splits: str) -> tuple[int, int]:
    return tuple(sum(report["splits"][split][of] for split in splits) for of in ("samples", "videos"))  # type: ignore[return-value]


@here(CHARADES_STA)
def test_charades_sta(tmp_path: Path) -> None:
    report = check_dataset(CHARADES_STA)
    assert report["format"] == "charades_sta"
    assert counts(report, "train", "val") == (12_408, 5_338)
    assert counts(report, "test") == (3_720, 1_334)
    late = problem(report, "beyond_duration")
    assert "1,802 in charades_sta_train.txt, 562 in charades_sta_test.txt" in late["message"]
    assert {p["code"] for p in report["problems"]} == {"beyond_duration", "val_made"}

    begun = time.monotonic()
    check_dataset(CHARADES_STA, accept=["clip_windows"], seal=tmp_path / "sealed")
    assert time.monotonic() - begun < 20
    sealed = load_dataset(tmp_path / "sealed")
    raw = load_dataset(CHARADES_STA)
    assert sealed.splits == raw.splits
    assert sealed.content_hash == raw.content_hash
    assert raw.clipped["test"] == 562


@here(TACOS)
def test_tacos() -> None:
    report = check_dataset(TACOS)
    assert report["format"] == "tacos"
    assert {split: counts(report, split) for split in ("train", "val", "test")} == {
        "train": (9_790, 75),
        "val": (4_436, 27),
        "test": (4_001, 25),
    }
    assert "1,320 in test.json" in problem(report, "repeated_sentences")["message"]
    assert problem(report, "beyond_duration")["count"] == 48
    sample = report["samples"][0]
    assert sample["duration"] == pytest.approx(12_438 / 29.4)


@here(QVHIGHLIGHTS)
def test_half_of_qvhighlights() -> None:
    report = check_dataset(QVHIGHLIGHTS)
    assert report["format"] == "qvhighlights"
    assert report["split_made"]
    assert counts(report, "train", "val", "test")[0] == 775
    assert sum(of["sources"] for of in report["splits"].values()) == 239
    assert sum(of["windows"] for of in report["splits"].values()) == 1_356
    assert {p["code"] for p in report["problems"]} == {"split_made"}


@here(FIR_ACTIONS)
def test_fir_actions(tmp_path: Path) -> None:
    report = check_dataset(FIR_ACTIONS, seal=tmp_path / "sealed")
    assert (report["feature_width"], report["feature_videos"], report["playable"]) == (512, 21, 4)
    assert counts(report, "train", "val")[1] == 15
    assert counts(report, "test") == (103, 6)
    sealed, raw = load_dataset(tmp_path / "sealed"), load_dataset(FIR_ACTIONS)
    assert sealed.splits == raw.splits
    assert sealed.content_hash == raw.content_hash
