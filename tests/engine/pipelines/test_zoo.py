"""Whole jobs of registered classifiers that teach each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.__main__ import main
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.events import Entered, Finished, Weights
from mtkd_engine.modelfile import load_classifier
from mtkd_engine.pipelines.zoo import classification as zoo
from mtkd_engine.spec import SpecError, parse, spec_hash
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.load import load_class_teachers
from tests.engine.attempts import points
from tests.engine.pipelines.conftest import SOLO, TEACHERS, Gallery, newest

pytestmark = pytest.mark.usefixtures("unmeasured")
FINE = {"epochs": 2, "batch_size": 32, "learning_rate": 0.01, "optimizer": "sgd"}
METHODS: dict[str, dict[str, Any]] = {
    "mutual": {"kind": "mutual"},
    "anchored": {"kind": "mutual", "anchor": True, "partition": "soft", "recompute": True},
    "in_turn": {"kind": "partition", "student": "two", "order": "sequential"},
}


def spec_of(gallery: Gallery, method: dict[str, Any], **parts: Any) -> Any:
    return parse({**SOLO, "teachers": list(TEACHERS), "method": method, "optim": FINE, **parts})


def files(folder: Path) -> dict[str, Any]:
    return {path.name: load_file(path) for path in sorted((folder / "artifacts").glob("*.safetensors"))}


@pytest.mark.parametrize("name", METHODS)
def test_a_stop_within_an_epoch_changes_no_bit_of_any_participant(
    name: str, gallery: Gallery, tmp_path: Path
) -> None:
    spec = spec_of(gallery, METHODS[name])
    whole = gallery.run(spec, folder=tmp_path / "whole")
    first = gallery.run(spec, folder=tmp_path / "first", stop_at=4)
    second = gallery.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))

    assert {**points(first), **points(second)} == points(whole)
    assert second[-1] == whole[-1]
    there, again = files(tmp_path / "whole"), files(tmp_path / "second")
    assert len(there) == (1 if name == "in_turn" else 2)
    for file, tensors in there.items():
        assert all((again[file][key] == value).all() for key, value in tensors.items()), file
    weights = [tmp_path / run / "artifacts" / "weights.parquet" for run in ("whole", "second")]
    assert pq.read_table(weights[0]).equals(pq.read_table(weights[1]))


def test_a_stop_while_each_is_trained_alone_changes_no_bit(gallery: Gallery, tmp_path: Path) -> None:
    spec = spec_of(gallery, METHODS["mutual"], evaluation={"compare_solo": True})
    whole = gallery.run(spec, folder=tmp_path / "whole")
    assert any(isinstance(event, Entered) and event.part == "solo" for event in whole)
    last = max(step for name, step in points(whole) if name == "solo/loss/total")
    gallery.run(spec, folder=tmp_path / "first", stop_at=last - 2)
    second = gallery.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert second[-1] == whole[-1]
    result = json.loads((tmp_path / "second/artifacts/result.json").read_text())
    for told in result["participants"]:
        assert told["gain_over_alone"] == pytest.approx(
            told["after"]["test"]["top1"] - told["alone"]["test"]["top1"], abs=1e-6
        )


def test_the_result_tells_of_every_participant(gallery: Gallery, tmp_path: Path) -> None:
    events = gallery.run(spec_of(gallery, METHODS["mutual"]), folder=tmp_path)
    result = json.loads((tmp_path / "artifacts/result.json").read_text())
    assert [told["name"] for told in result["participants"]] == list(TEACHERS)
    for told in result["participants"]:
        changed = told["flips"]["positive"] - told["flips"]["negative"]
        assert told["gain"] == pytest.approx(changed, abs=1e-5)
        assert all((tmp_path / "artifacts" / file).is_file() for file in told["files"].values())
        _, card = load_classifier(tmp_path / "artifacts" / told["files"]["model"])
        assert card.recipe is None
        assert card.metrics["test/top1"] == told["after"]["test"]["top1"]
        table = pq.read_table(tmp_path / "artifacts" / told["files"]["samples"])
        assert {"start_quality", "student_quality", "gain", "one/weight", "two/weight"} <= set(
            table.column_names
        )
        gain = table["student_quality"].to_numpy() - table["start_quality"].to_numpy()
        assert table["gain"].to_numpy() == pytest.approx(gain)
    transfer = result["transfer"]
    assert transfer["learners"] == transfer["sources"] == list(TEACHERS)
    assert [sum(row) for row in transfer["share"]] == pytest.approx([1.0, 1.0], abs=1e-5)
    begun = next(event for event in events if isinstance(event, Weights))
    assert begun.step == 0
    last = events[-1]
    assert isinstance(last, Finished)
    gains = [told["gain"] for told in result["participants"]]
    assert last.metrics["gain"] == pytest.approx(sum(gains) / 2)
    assert last.metrics["least_gain"] == min(gains)
    assert last.metrics["one/top1"] == result["participants"][0]["after"]["test"]["top1"]


def test_the_card_of_a_learner_speaks_of_that_learner_and_its_own_start_and_files(
    gallery: Gallery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery.run(
        spec_of(gallery, METHODS["mutual"], evaluation={"compare_solo": True}), folder=tmp_path / "run"
    )
    result = json.loads((tmp_path / "run/artifacts/result.json").read_text())
    for told in result["participants"]:
        file, name = told["files"]["model"], told["name"]
        said = (tmp_path / "run/artifacts" / told["files"]["card"]).read_text()
        before, after = (100 * told[part]["test"]["top1"] for part in ("before", "after"))
        assert f"--model {file} " in said
        assert f"| **{name}** | {after:.2f} |" in said
        assert f"| its start | {before:.2f} |" in said
        assert f"| {name} | `{told['content_hash']}` | this one |" in said
        assert "student.safetensors" not in said.split("## Spec")[0]
        card = load_classifier(tmp_path / "run/artifacts" / file)[1]
        assert card.temperature != 1.0, "its probabilities are told as they were measured"

        taken = tmp_path / name
        assert main(["export", "--student", str(tmp_path / "run/artifacts" / file), "--out", str(taken)]) == 0
        assert f"| **{name}** | {after:.2f} |" in (taken / "MODEL_CARD.md").read_text()
    assert main(["export", "--student", str(tmp_path / "run"), "--out", str(tmp_path / "all")]) == 2
    named = ", ".join(f"artifacts/{told['files']['model']}" for told in result["participants"])
    assert f"accepted is one of its model files: {named}." in capsys.readouterr().err


def test_the_checkpoint_holds_no_teacher_that_stands_still(gallery: Gallery, tmp_path: Path) -> None:
    spec = spec_of(gallery, {"kind": "partition", "student": "two"})
    gallery.run(spec, folder=tmp_path, stop_at=3)
    state = checkpoint.load(newest(tmp_path), spec_hash=spec_hash(spec))
    assert {name.split(".")[1] for name in state["method"] if name.startswith("learners.")} == {"1"}


def test_an_expert_teaches_what_it_has_seen_and_hardly_anything_else(tmp_path: Path) -> None:
    """A generalist that has begun to learn all classes, and an expert that learned the first two only, for longer."""
    make_images(tmp_path / "shapes", images=ImagesPerSplit(train=240, val=80, test=80), size=16, classes=4)
    dataset = load_labelled(tmp_path / "shapes")
    others = [one.sample_id for split in dataset.splits.values() for one in split if one.label >= 2]
    (tmp_path / "others").write_text("\n".join(others))
    base, data = Gallery(tmp_path), {**SOLO["data"], "dataset": "shapes"}
    generalist = {"data": data, "optim": {**SOLO["optim"], "epochs": 3}}
    expert = {"data": {**data, "leave_out": ["others"]}, "optim": {**SOLO["optim"], "epochs": 6}}
    for name, parts in zip(TEACHERS, (generalist, expert), strict=True):
        base.run(parse({**SOLO, **parts}), folder=tmp_path / name)
    short = {**FINE, "epochs": 1, "batch_size": 120}  # the table tells who knew best before training
    spec = spec_of(base, METHODS["mutual"], data=data, optim=short)
    base.run(spec, folder=tmp_path / "job")
    table = pq.read_table(tmp_path / "job/artifacts/1-one.per_sample.parquet")
    known = np.isin(table["label"].to_numpy(zero_copy_only=False), dataset.classes[:2])
    taught_N = table["two/weight"].to_numpy()
    assert taught_N[known].mean() >= 0.8
    assert taught_N[~known].mean() <= 0.2


def test_a_program_cannot_take_part(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_program(**given: Any) -> list[ClassTeacher]:
        return [replace(teacher, model=None) for teacher in load_class_teachers(**given)]

    monkeypatch.setattr(zoo, "load_class_teachers", lambda paths, **given: as_program(paths=paths, **given))
    with pytest.raises(SpecError, match=r"teachers: given 'one', an ONNX program"):
        gallery.run(spec_of(gallery, METHODS["mutual"]), folder=tmp_path)
