"""A job whose batches are made ahead by a thread ends with the same bits as one without, stopped or not."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.kept import KeptRows
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.events import Finished
from mtkd_engine.spec import Spec, parse
from mtkd_engine.tasks.classification.splits import clips as splits
from tests.engine.attempts import points
from tests.engine.pipelines.cinema import OPTIM, RECORDING, Cinema
from tests.engine.pipelines.conftest import newest, same_student

pytestmark = pytest.mark.usefixtures("unmeasured")
BACKBONE = {"family": "cifar_resnet", "depth": 8}


def job(**optim: Any) -> Spec:
    """Three steps an epoch."""
    nets = {"family": "streams", "iframe": BACKBONE, "motion": BACKBONE, "residual": None}
    return parse(
        {
            "task": "classification",
            "data": {
                "kind": "streams",
                "dataset": "videos",
                "segments": 2,
                "size": 24,
                "augment": {"views": 2},
            },
            "student": {"net": nets, "input": {"kind": "streams", "segments": 2, "size": 24}},
            "optim": {**OPTIM, "batch_size": 4, **optim},
            "recording": {**RECORDING, "log_every": 1},
        }
    )


def threads_of_batches() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_with_and_without_a_thread_and_after_a_stop_within_an_epoch_all_bits_are_the_same(
    cinema: Cinema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splits.ClipSplit, "ahead", True)
    ahead = cinema.run(job(), folder=tmp_path / "ahead")
    cinema.run(job(), folder=tmp_path / "first", stop_at=2)
    assert threads_of_batches() == []
    second = cinema.run(job(), folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    monkeypatch.setattr(splits.ClipSplit, "ahead", False)
    plain = cinema.run(job(), folder=tmp_path / "plain")
    assert isinstance(plain[-1], Finished)
    assert ahead[-1] == second[-1] == plain[-1]
    assert points(ahead) == points(plain)
    assert same_student(tmp_path / "plain", tmp_path / "ahead")
    assert same_student(tmp_path / "plain", tmp_path / "second")


def test_what_a_thread_cannot_read_ends_the_job_as_it_is(
    cinema: Cinema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = VideoError("corrupted", "cannot be read any more.")

    def broken(stream: bytes, frames: object) -> object:
        raise fault

    monkeypatch.setattr(splits.ClipSplit, "ahead", True)
    monkeypatch.setattr(splits, "streams_at", broken)
    monkeypatch.setattr(KeptRows, "opened", lambda *_, **__: None)
    with pytest.raises(VideoError) as found:
        cinema.run(job(), folder=tmp_path)
    assert found.value is fault
    assert threads_of_batches() == []
