"""Out-of-fold beliefs come from copies that never saw the sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.events import Entered, Metrics, Warned
from mtkd_engine.modelfile import load_model
from mtkd_engine.spec import Spec, SpecError
from mtkd_engine.teachers.folds import out_of_fold_beliefs, plan_folds, train_folds
from mtkd_engine.teachers.live import LiveTeacher, beliefs_of
from mtkd_engine.teachers.load import load_teachers
from tests.engine.loop.conftest import Done

MakeSpec = Callable[..., Spec]


@pytest.fixture(scope="module")
def teacher(alone_otherwise: Done, planted: Path) -> LiveTeacher:
    loaded = load_teachers({"solo": alone_otherwise.model}, dataset=load_dataset(planted / "planted"))[0]
    assert isinstance(loaded, LiveTeacher)
    return loaded


def test_every_training_sample_is_held_out_once_and_sources_are_never_split(
    teacher: LiveTeacher, planted: Path, tmp_path: Path
) -> None:
    dataset = load_dataset(planted / "planted")
    plan = plan_folds(teacher, dataset=dataset, folds=3, cache=tmp_path)
    held = [sample.sample_id for fold in plan for sample in fold.held_out]
    assert sorted(held) == sorted(sample.sample_id for sample in dataset.splits["train"])
    sources = [{sample.source_id for sample in fold.held_out} for fold in plan]
    assert not sources[0] & sources[1]
    assert not sources[1] & sources[2]


def test_a_belief_comes_from_the_copy_that_held_the_sample_out(
    teacher: LiveTeacher, planted: Path, tmp_path: Path
) -> None:
    dataset = load_dataset(planted / "planted")
    events = list(train_folds(teacher, dataset=dataset, folds=2, cache=tmp_path, device="cpu"))
    assert {event.detail for event in events if isinstance(event, Entered)} == {
        "solo: copy 1 of 2",
        "solo: copy 2 of 2",
    }
    assert any("fold/solo/1/loss/total" in event.values for event in events if isinstance(event, Metrics))
    joined = out_of_fold_beliefs(
        teacher, dataset=dataset, folds=2, cache=tmp_path, student_length=16, device="cpu"
    )
    row_of = {sample.sample_id: row for row, sample in enumerate(dataset.splits["train"])}
    for fold in plan_folds(teacher, dataset=dataset, folds=2, cache=tmp_path):
        model, card = load_model(fold.path)
        own = beliefs_of(model, card, samples=fold.held_out, dataset=dataset, student_length=16, device="cpu")
        rows = torch.tensor([row_of[sample.sample_id] for sample in fold.held_out])
        assert torch.equal(joined.log_joint_BLL[rows], own.log_joint_BLL)


def test_copies_that_lie_in_the_cache_are_not_trained_again(
    teacher: LiveTeacher, planted: Path, tmp_path: Path
) -> None:
    dataset = load_dataset(planted / "planted")
    assert list(train_folds(teacher, dataset=dataset, folds=2, cache=tmp_path, device="cpu"))
    assert not list(train_folds(teacher, dataset=dataset, folds=2, cache=tmp_path, device="cpu"))


def test_a_teacher_without_a_recipe_is_refused_for_out_of_fold_beliefs(
    teacher: LiveTeacher, planted: Path, tmp_path: Path
) -> None:
    bare = LiveTeacher(
        "bare", teacher.model, teacher.card.model_copy(update={"recipe": None}), teacher.content_hash
    )
    dataset = load_dataset(planted / "planted")
    with pytest.raises(SpecError, match=r"method\.beliefs: given 'out_of_fold', but teacher 'bare'"):
        list(train_folds(bare, dataset=dataset, folds=2, cache=tmp_path, device="cpu"))


def test_in_sample_beliefs_raise_a_warning_and_train_no_copies(
    teacher: LiveTeacher, planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    from mtkd_engine.teachers.prepare import prepare_faculties

    spec = spec_of(teachers=["solo"], method={"kind": "emtm", "beliefs": "in_sample"})
    dataset = load_dataset(planted / "planted")
    events = list(prepare_faculties(spec, teachers=[teacher], dataset=dataset, cache=tmp_path, device="cpu"))
    warned = [event for event in events if isinstance(event, Warned)]
    assert [event.code for event in warned] == ["in_sample_beliefs"]
    assert not any(isinstance(event, Entered) and event.part == "folds" for event in events)
