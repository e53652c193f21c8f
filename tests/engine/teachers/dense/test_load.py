from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.spec import SpecError
from mtkd_engine.teachers.dense.load import load_dense_teachers, misfit_of
from tests.engine.nets.dense.networks import CARDS
from tests.engine.teachers.dense.conftest import Saved


def refusal(paths: dict[str, Path], masks: Path) -> str:
    with pytest.raises(SpecError) as refused:
        load_dense_teachers(paths, dataset=load_masks(masks))
    assert list(refused.value.fields) == ["teachers"]
    return refused.value.fields["teachers"]


def test_teachers_come_frozen_and_know_what_they_saw(masks: Path, saved: Saved) -> None:
    dataset = load_masks(masks)
    teachers = load_dense_teachers({"a": saved("a"), "b": saved("b", seed=1)}, dataset=dataset)
    assert [teacher.name for teacher in teachers] == ["a", "b"]
    assert teachers[0].content_hash != teachers[1].content_hash
    assert not any(tensor.requires_grad for tensor in teachers[0].model.parameters())
    assert not teachers[0].model.training
    assert teachers[0].saw(dataset)


def test_the_same_content_twice_is_refused(masks: Path, saved: Saved) -> None:
    words = refusal({"a": saved("a"), "b": saved("b")}, masks)
    assert words == "'a' and 'b' are the same model; accepted are different teachers."


def test_classes_are_compared_by_name(masks: Path, saved: Saved, names: tuple[str, ...]) -> None:
    more = saved("more", classes=("void", *reversed(names)))
    assert len(load_dense_teachers({"a": more}, dataset=load_masks(masks))) == 1
    words = refusal({"a": saved("few", classes=("something", *names[1:]))}, masks)
    assert f"'a', which does not know 1 of the 3 classes of the dataset: {names[0]!r}" in words


def test_a_model_of_another_task_is_refused(masks: Path, saved: Saved) -> None:
    words = refusal({"a": saved("a", card=CARDS["saliency pyramid"])}, masks)
    assert words == "given 'a', a model of task saliency; accepted are those of task segmentation."


def test_a_network_of_films_cannot_read_pictures_but_one_of_pictures_reads_films(masks: Path) -> None:
    pictures = replace(load_masks(masks), task="saliency", kind="gaze")
    assert "reads frames of videos" in str(misfit_of(CARDS["conv3d"], pictures, named="a"))
    films = replace(pictures, kind="gaze_video")
    assert misfit_of(CARDS["conv3d"], films, named="a") is None
    assert misfit_of(CARDS["saliency pyramid"], films, named="a") is None


def test_stored_predictions_and_programs_are_refused(masks: Path, tmp_path: Path) -> None:
    program = tmp_path / "model.onnx"
    program.write_bytes(b"")
    assert "an ONNX program; accepted for task segmentation are models" in refusal({"a": program}, masks)
