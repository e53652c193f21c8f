"""`check dataset` as a supervisor starts it: exit code, one sentence, report and progress files."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mtkd_engine.__main__ import main
from tests.engine.data.conftest import annotated, write_json


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mtkd_engine", "check", "dataset", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def late(folder: Path) -> Path:
    """A dataset with one window that ends after its video."""
    write_json(folder / "val.json", {"c1": annotated(1) | {"timestamps": [[8.0, 12.5]]}})
    return folder


def test_the_report_comes_on_the_standard_output(folder: Path) -> None:
    done = check(folder)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert list(report) == [
        "kind", "task", "name", "format", "sealed", "files", "splits", "split_made", "feature_width", "feature_videos",
        "word_vectors", "playable", "problems", "repairs", "statistics", "samples", "content_hash", "bytes",
    ]  # fmt: skip
    assert (report["kind"], report["format"], report["name"]) == ("dataset", "activitynet", "little")
    assert len(report["samples"]) == 8
    assert {sample["split"] for sample in report["samples"]} == {"train", "val", "test"}
    assert sum(file["bytes"] for file in report["files"]) == report["bytes"]


def test_a_decision_seals_and_everything_is_in_files(late: Path, tmp_path: Path) -> None:
    files = ["--report", tmp_path / "report.json", "--progress", tmp_path / "progress.json"]
    places = ["--seal", tmp_path / "sealed", "--work", tmp_path / "work"]
    waiting = check(late, *files, *places)
    assert (waiting.returncode, waiting.stdout, waiting.stderr) == (0, "", "")
    assert not json.loads((tmp_path / "report.json").read_text())["sealed"]
    assert set(json.loads((tmp_path / "progress.json").read_text())) == {"part", "done", "of"}
    done = check(late, *files, *places, "--accept", "clip_windows", "--name", "New name")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["sealed"], report["name"]) == (True, "New name")
    assert json.loads((tmp_path / "sealed" / "dataset.json").read_text())["name"] == "New name"
    assert not list(tmp_path.glob("*.part"))


def test_a_refusal_is_one_sentence_and_still_a_report(folder: Path, tmp_path: Path) -> None:
    write_json(folder / "val.json", {"c1": annotated(1) | {"timestamps": [[5, 2]]}})
    done = check(folder, "--accept", "", "--seal", tmp_path / "sealed", "--report", tmp_path / "report.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "val.json, row 1: c1#0: window [5, 2], duration 10 s; a window must end after it starts.\n"
    )
    assert json.loads((tmp_path / "report.json").read_text())["problems"][0]["code"] == "reversed_window"
    assert not (tmp_path / "sealed").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--accept", "magic"], "accept: given 'magic', accepted are drop_rows"),
        (["--format", "csv"], "--format: given 'csv', accepted are auto, activitynet"),
        (["--words", "/nowhere/glove.txt"], "glove.txt"),
        (["--seal", "/dev/null"], "--seal: /dev/null exists already"),
    ],
)
def test_a_wrong_option_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["check", "dataset", str(folder), *arguments]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert gc.isenabled()
