"""Whole small jobs of the dense tasks: they learn, say what came of it, and a stop changes no bit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze, make_gaze_videos
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.events import Event, Finished, Started
from mtkd_engine.modelfile import ModelError, load_dense, save_model
from mtkd_engine.pipelines.dense import dataset_of
from mtkd_engine.profile import cost_of_dense
from mtkd_engine.report.dense import ending
from mtkd_engine.report.zoo import dense as zoo
from mtkd_engine.sources import Sources
from mtkd_engine.spec import DenseSpec, Spec, parse
from mtkd_engine.spec.measures import is_by_sample
from mtkd_engine.teachers.dense.evaluate import evaluate_dense
from tests.engine.attempts import points, run
from tests.engine.pipelines.conftest import STUDENT, newest, same_student

SIZE = {"height": 16, "width": 16}
PICTURES = ("segmentation", "saliency")
FILM = {"frames": 4, "height": 12, "width": 16}
SMALL: dict[str, Any] = {
    "optim": {"epochs": 3, "batch_size": 16, "learning_rate": 0.01},
    "recording": {"log_every": 2, "checkpoint_every": 100},
}
ONE_EPOCH = {**SMALL["optim"], "epochs": 1}
SPECS: dict[str, dict[str, Any]] = {
    "segmentation": {
        "task": "segmentation",
        "data": {"dataset": "segmentation", **SIZE},
        "student": {"net": {"family": "pyramid", "width": 8}, "input": SIZE},
    },
    "saliency": {
        "task": "saliency",
        "data": {"dataset": "saliency", **SIZE},
        "student": {"net": {"family": "pyramid", "width": 8}, "input": SIZE},
    },
    "video_saliency": {
        "task": "saliency",
        "data": {"dataset": "video_saliency", "kind": "gaze_video", **FILM, "stride": 2, "rate": 12},
        "student": {
            "net": {"family": "conv3d_maps", "width": 8, "stages": 2},
            "input": {"kind": "film", **FILM},
        },
        "optim": {"epochs": 6, "batch_size": 8, "learning_rate": 0.01},
    },
}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("dense")
    make_masks(
        base / "segmentation",
        pictures=PicturesPerSplit(train=48, val=12, test=16),
        size=20,
        classes=3,
        difficulty=0.0,
    )
    looked = LookedAtPerSplit(train=48, val=12, test=16)
    make_gaze(base / "saliency", pictures=looked, size=20, difficulty=0.0)
    films = LookedAtPerSplit(train=8, val=2, test=3)
    make_gaze_videos(base / "video_saliency", videos=films, frames=8, difficulty=0.0)
    return base


@pytest.fixture(scope="module", autouse=True)
def _quickly() -> Iterator[None]:
    """Jobs leave out what takes longer than the training of such small ones."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MTKD_ONNX", "0")
        for report in (ending, zoo):
            patched.setattr(report, "cost_of_dense", partial(cost_of_dense, runs=1))
        yield


@dataclass(frozen=True)
class Whole:
    """A job that was not stopped: where it left what, and what it said."""

    subject: str
    folder: Path
    events: list[Event]


@pytest.fixture(scope="module", params=SPECS)
def whole(request: pytest.FixtureRequest, worlds: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    return Whole(request.param, folder, run(spec_of(request.param), base=worlds, folder=folder))


def spec_of(subject: str, **parts: Any) -> Spec:
    return parse({**SMALL, **SPECS[subject], **parts})


def test_a_job_learns_and_says_what_came_of_it(whole: Whole) -> None:
    finished, artifacts = whole.events[-1], whole.folder / "artifacts"
    assert isinstance(finished, Finished)
    result = json.loads((artifacts / "result.json").read_text())
    primary = result["primary"]
    assert result["metrics"] == finished.metrics
    assert result["metrics"][primary] > result["baselines"]["blind"][primary]
    assert result["cost"]["student"]["parameters"] == result["parameters"]
    assert primary in result["best"]["val"]
    table = pq.read_table(artifacts / "per_sample.parquet").to_pylist()
    assert {row["split"] for row in table} == {"val", "test"}
    assert all(0 <= row["student_quality"] <= 1 for row in table)
    assert (artifacts / "MODEL_CARD.md").is_file()


def test_maps_are_kept_of_what_the_table_tells_of(whole: Whole) -> None:
    artifacts = whole.folder / "artifacts"
    told = pq.read_table(artifacts / "per_sample.parquet").column("sample_id").to_pylist()
    maps = pq.read_table(artifacts / "maps.parquet").to_pylist()
    assert {row["participant"] for row in maps} == {"truth", "student"}
    assert {row["sample_id"] for row in maps} == set(told)
    frames = {row["frame"] for row in maps}
    assert frames == {0} if whole.subject != "video_saliency" else min(frames) > 0


@pytest.mark.parametrize("whole", PICTURES, indirect=True)  # windows overlap, so frames stand in several
def test_every_sample_has_the_metrics_that_are_means_over_samples(whole: Whole) -> None:
    result = json.loads((whole.folder / "artifacts" / "result.json").read_text())
    table = pq.read_table(whole.folder / "artifacts" / "per_sample.parquet").to_pylist()
    of_test = [row["student_quality"] for row in table if row["split"] == "test"]
    by_sample = [name for name in result["metrics"] if is_by_sample(name, result["metrics"])]
    assert len(by_sample) == 1
    assert sum(of_test) / len(of_test) == pytest.approx(result["metrics"][by_sample[0]], abs=1e-6)


def test_a_stop_within_an_epoch_changes_no_bit(whole: Whole, worlds: Path, tmp_path: Path) -> None:
    spec = spec_of(whole.subject)
    first = run(spec, base=worlds, folder=tmp_path / "first", stop_at=4)
    assert not any(isinstance(event, Finished) for event in first)
    torch.rand(3)  # a resumed process has drawn other numbers before
    second = run(spec, base=worlds, folder=tmp_path / "second", resume=newest(tmp_path / "first"))

    started = next(event for event in second if isinstance(event, Started))
    assert started.resumed_from_step == 4
    assert {**points(first), **points(second)} == points(whole.events)
    assert second[-1] == whole.events[-1]
    assert same_student(whole.folder, tmp_path / "second")


def test_a_stop_in_the_training_from_labels_alone_changes_no_bit(worlds: Path, tmp_path: Path) -> None:
    spec = spec_of(
        "segmentation", method={"kind": "self"}, evaluation={"compare_solo": True}, optim=ONE_EPOCH
    )
    whole = run(spec, base=worlds, folder=tmp_path / "whole")
    run(spec, base=worlds, folder=tmp_path / "first", stop_at=5)
    second = run(spec, base=worlds, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")
    assert isinstance(second[-1], Finished)
    assert second[-1].baselines["solo"] != second[-1].metrics
    table = pq.read_table(tmp_path / "whole" / "artifacts" / "per_sample.parquet")
    assert {"solo_quality", "gain"} <= set(table.column_names)


@pytest.mark.parametrize("whole", ["segmentation", "video_saliency"], indirect=True)
def test_registered_models_teach_each_other(whole: Whole, worlds: Path, tmp_path: Path) -> None:
    model, card = load_dense(whole.folder / STUDENT)
    torch.manual_seed(1)
    for tensor in model.parameters():
        tensor.data += 0.05 * torch.randn(tensor.shape)
    save_model(tmp_path / "two.safetensors", parameters=model.state_dict(), card=card)
    asked = {"method": {"kind": "mutual", "anchor": True}, "optim": ONE_EPOCH}
    spec = spec_of(whole.subject, teachers=["one", "two"], **asked)
    models = {"one": whole.folder / STUDENT, "two": tmp_path / "two.safetensors"}
    run(spec, base=worlds, folder=tmp_path / "job", **models)
    artifacts = tmp_path / "job" / "artifacts"
    result = json.loads((artifacts / "result.json").read_text())
    for told in result["participants"]:
        assert set(told["before"]) == set(told["after"]) == {"val", "test"}
        assert load_dense(artifacts / told["files"]["model"])[1].net == card.net
        table = pq.read_table(artifacts / told["files"]["samples"])
        shares = sum(table[f"{name}/weight"].to_numpy() for name in ("one", "two", "(own start)"))
        assert shares == pytest.approx(1.0)
    shown = set(pq.read_table(artifacts / "maps.parquet")["participant"].to_pylist())
    assert shown == {"truth", "one", "two", "one at start", "two at start"}


@pytest.mark.parametrize("whole", PICTURES, indirect=True)  # a card does not say how many frames of a second
def test_a_model_file_is_measured_as_its_job_measured_it(whole: Whole, worlds: Path) -> None:
    result = json.loads((whole.folder / "artifacts" / "result.json").read_text())
    found = evaluate_dense(whole.folder / STUDENT, data=worlds / whole.subject, split="test")
    assert found == pytest.approx(result["metrics"], abs=1e-6)


def test_a_model_of_another_task_is_refused_by_its_name(whole: Whole, worlds: Path) -> None:
    other = "saliency" if whole.subject == "segmentation" else "segmentation"
    with pytest.raises(ModelError, match=r"student\.safetensors.* a model of task"):
        evaluate_dense(whole.folder / STUDENT, data=worlds / other, split="test")


def test_a_dataset_of_another_task_is_refused_by_its_name(worlds: Path, tmp_path: Path) -> None:
    spec = parse({**SMALL, "task": "saliency", "data": {"dataset": "segmentation"}})
    with pytest.raises(
        DataError, match=r"data\.dataset: given 'segmentation', a dataset of task segmentation"
    ):
        run(spec, base=worlds, folder=tmp_path)


def test_videos_are_refused_where_pictures_are_meant(worlds: Path, tmp_path: Path) -> None:
    spec = parse({**SMALL, "task": "saliency", "data": {"dataset": "video_saliency"}})
    with pytest.raises(DataError, match="a dataset of gaze_video; accepted is 'gaze_video'"):
        run(spec, base=worlds, folder=tmp_path)


def test_a_selection_is_left_out_of_a_job(worlds: Path, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("train/images/00000.png\n")
    spec = spec_of("segmentation", data={**SPECS["segmentation"]["data"], "leave_out": ["some"]})
    sources = Sources(base=worlds, selections={"some": tmp_path / "some.txt"})
    assert isinstance(spec, DenseSpec)
    part = dataset_of(spec, sources, cache=tmp_path)
    assert len(part.splits["train"]) == 47
    assert part.selected_from not in (None, part.content_hash)
