"""The engine alone, as a process: exit codes, one sentence for bad input, stop and resume by signal."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtkd_engine import checkpoint
from mtkd_engine.__main__ import main
from mtkd_engine.events import Metrics, Stopped
from mtkd_engine.journal import read
from tests.engine.loop.conftest import SOLO

pytestmark = pytest.mark.slow


def engine(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mtkd_engine", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)  # type: ignore[call-overload,no-any-return]


def write_spec(base: Path, name: str, **parts: object) -> Path:
    path = base / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**SOLO, **parts}))
    return path


@pytest.fixture(scope="module")
def good(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """The folder of a run, and the names of all modules that its process loaded."""
    run = tmp_path_factory.mktemp("good") / "run"
    told = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    done = engine("run", write_spec(planted, "good"), "--out", run, "--threads", 1, env=told)
    assert done.returncode == 0, done.stderr
    return run, {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_a_job_that_compiles_nothing_does_not_load_torchs_compiler(good: tuple[Path, set[str]]) -> None:
    _, loaded = good
    assert "torch.optim" in loaded
    assert not loaded & {"torch._dynamo", "torch._inductor", "sympy"}


def test_a_run_leaves_student_table_and_result(
    planted: Path, good: tuple[Path, set[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = good
    names = {path.name for path in (run / "artifacts").iterdir()}
    assert names == {
        "student.safetensors",
        "student.json",
        "MODEL_CARD.md",
        "per_sample.parquet",
        "result.json",
        "spec.yaml",
    }
    model = run / "artifacts" / "student.safetensors"
    assert main(["check", "teacher", str(model)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["card"]["net"]["family"] == "span"
    assert main(["evaluate", "--model", str(model), "--data", str(planted / "planted")]) == 0
    measured = json.loads(capsys.readouterr().out)
    result = json.loads((run / "artifacts" / "result.json").read_text())
    assert measured.keys() >= {"r1@0.5", "miou"}
    assert measured == pytest.approx({name: result["metrics"][name] for name in measured})
    assert main(["run", str(write_spec(planted, "good")), "--out", str(run)]) == 2
    assert "already holds a run" in capsys.readouterr().err


def test_a_signal_stops_with_a_checkpoint_and_resume_goes_on_in_place(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = write_spec(planted, "long", optim={"epochs": 300, "batch_size": 8})
    out = tmp_path / "run"
    command = [sys.executable, "-m", "mtkd_engine", "run", str(spec), "--out", str(out), "--threads", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("checkpointed"):
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()
    assert process.returncode == 4
    last = list(read(out / "journal.jsonl"))[-1]
    assert isinstance(last.event, Stopped)
    save = checkpoint.save

    def interrupted(*given: Any, **named: Any) -> Path:
        saved = save(*given, **named)
        signal.raise_signal(signal.SIGINT)
        return saved

    # In this process, which has loaded torch; that the process ends with what `main` returns is shown above.
    monkeypatch.setattr(checkpoint, "save", interrupted)
    assert main(["resume", str(out), "--threads", "1"]) == 4
    assert "checkpointed" in capsys.readouterr().out
    lines = list(read(out / "journal.jsonl"))
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert max(line.event.step for line in lines if isinstance(line.event, Metrics)) > last.event.step


def test_a_lost_pulse_ends_the_engine(planted: Path, tmp_path: Path) -> None:
    spec = write_spec(planted, "pulse", optim={"epochs": 1000, "batch_size": 8})
    receive, send = os.pipe()
    command = [sys.executable, "-m", "mtkd_engine", "run", str(spec), "--out", str(tmp_path / "run")]
    with subprocess.Popen(
        [*command, "--pulse-fd", str(receive)], pass_fds=[receive], stdout=subprocess.PIPE, text=True
    ) as process:
        os.close(receive)
        assert process.stdout is not None
        process.stdout.readline()
        os.close(send)
        process.stdout.read()
    assert process.returncode == 5


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"optim": {"epochs": 4, "bath": 8}}, "optim.bath: this key is not known here"),
        ({"data": {"dataset": "nowhere"}}, "data.dataset: given 'nowhere'"),
        ({"teachers": ["ghost"], "method": {"kind": "emtm"}}, "teachers: given 'ghost'"),
        ({"teachers": ["good.yaml"], "method": {"kind": "emtm"}}, "good.yaml is of no kind known here"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    parts: dict[str, object], words: str, planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(planted, "good")
    spec = write_spec(planted, "bad", **parts)
    assert main(["run", str(spec), "--out", str(tmp_path / "run"), "--threads", "1"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_not_blamed_on_the_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/x/features.npz")

    monkeypatch.setattr("mtkd_engine.data.check.command.check_dataset", full)
    assert main(["check", "dataset", str(tmp_path)]) == 74
    assert "features.npz cannot be used: No space left on device." in capsys.readouterr().err
