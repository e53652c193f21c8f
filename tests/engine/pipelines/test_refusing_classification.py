"""What a job of classification refuses, and what it warns of, in sentences."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from mtkd_engine.data.errors import DataError
from mtkd_engine.events import Entered, Event, Warned
from mtkd_engine.modelfile import load_classifier, save_model
from mtkd_engine.spec import OnnxProgram, Spec, SpecError, parse
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.live import LiveSource
from tests.engine.loop.conftest import write_planted
from tests.engine.pipelines.conftest import SOLO, Gallery

pytestmark = pytest.mark.usefixtures("unmeasured")


def start(gallery: Gallery, spec: Spec, *, folder: Path, **teachers: Path) -> None:
    for _ in gallery.start(spec, folder=folder, **teachers):
        pass


def renamed(gallery: Gallery, to: Path, **changes: Any) -> Path:
    """The teacher `two` with another card."""
    _, card = load_classifier(gallery.teachers["two"])
    save_model(to, parameters=load_file(gallery.teachers["two"]), card=card.model_copy(update=changes))
    return to


def test_a_teacher_that_does_not_know_a_class_is_refused_with_its_name(
    gallery: Gallery, tmp_path: Path
) -> None:
    _, card = load_classifier(gallery.teachers["two"])
    missing = card.classes[1]
    classes = (card.classes[0], missing.upper(), *card.classes[2:])
    other = renamed(gallery, tmp_path / "other.safetensors", classes=classes)
    with pytest.raises(SpecError) as refused:
        start(gallery, gallery.spec({}), folder=tmp_path / "run", two=other)
    assert list(refused.value.fields) == ["teachers"]
    sentence = refused.value.fields["teachers"]
    assert "'two'" in sentence
    assert repr(missing) in sentence
    assert repr(missing.upper()) in sentence


def test_a_teacher_with_classes_in_another_order_and_more_of_them_says_the_same(
    gallery: Gallery, tmp_path: Path
) -> None:
    model, card = load_classifier(gallery.teachers["two"])
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    order = [2, 0, 3, 1]
    for name in ("linear.weight", "linear.bias"):
        tensors[name] = tensors[name][order]
    shuffled = card.model_copy(update={"classes": tuple(card.classes[place] for place in order)})
    save_model(tmp_path / "two.safetensors", parameters=tensors, card=shuffled)
    first = gallery.run(gallery.spec({"signals": "online"}), folder=tmp_path / "first")
    again = list(
        gallery.start(
            gallery.spec({"signals": "online"}), folder=tmp_path / "again", two=tmp_path / "two.safetensors"
        )
    )
    ours, theirs = (dict(events[-1].baselines["teacher:two"]) for events in (first, again))  # type: ignore[attr-defined]
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_the_same_model_under_two_names_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    shutil.copyfile(gallery.teachers["one"], copy)
    with pytest.raises(SpecError, match="'one' and 'two' are the same model"):
        start(gallery, gallery.spec({}), folder=tmp_path / "run", two=copy)


def test_a_dataset_of_another_task_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    folder = gallery.base / "planted"
    if not folder.exists():
        write_planted(folder, videos={"train": 2, "val": 1, "test": 1})
    with pytest.raises(DataError, match=r"data\.dataset: given 'planted', a dataset of task grounding"):
        start(gallery, parse({**SOLO, "data": {"dataset": "planted"}}), folder=tmp_path / "run")


@pytest.mark.parametrize("side", ["student", "teacher"])
def test_a_tap_that_leads_nowhere_is_refused_with_near_names(
    side: str, gallery: Gallery, tmp_path: Path
) -> None:
    tap = {"kind": "fitnet", "student": "layer2", "teacher": "layer2", side: "layr2"}
    with pytest.raises(SpecError, match=r"layr2.*layer2") as refused:
        start(gallery, gallery.spec({"signals": "online", "features": [tap]}), folder=tmp_path / "run")
    assert list(refused.value.fields) == ["method.features"]


def test_a_program_does_not_run_beside_a_student(gallery: Gallery, tmp_path: Path) -> None:
    _, card = load_classifier(gallery.teachers["one"])
    program = ClassTeacher(
        name="program",
        content_hash="0",
        card=card.model_copy(update={"net": OnnxProgram()}),
        file=tmp_path / "model.onnx",
    )
    with pytest.raises(SpecError, match=r"'program'.* accepted is 'cached'"):
        LiveSource([program], classes=card.classes, device="cpu")


def warnings_of(events: Iterable[Event]) -> dict[str, str]:
    return {event.code: event.message for event in events if isinstance(event, Warned)}


def before_training(gallery: Gallery, spec: Spec, *, folder: Path, **teachers: Path) -> dict[str, str]:
    """What a job warns of before its student is trained."""
    with closing(gallery.start(spec, folder=folder, **teachers)) as events:
        return warnings_of(takewhile(lambda event: event != Entered(part="training"), events))


@pytest.mark.parametrize(
    ("aggregator", "instead"),
    [
        ({"kind": "static", "samples": "train"}, "Samples 'held_out' avoid this."),
        ({"kind": "reinforced"}, "held-out samples (static, kau, meta) avoid this."),
    ],
)
def test_what_learns_on_samples_that_teachers_know_is_warned_of(
    aggregator: dict[str, str], instead: str, gallery: Gallery, tmp_path: Path
) -> None:
    said = before_training(gallery, gallery.spec({"aggregator": aggregator}), folder=tmp_path)
    assert "'one', 'two'" in said["in_sample_beliefs"]
    assert said["in_sample_beliefs"].endswith(instead)


def test_what_learns_on_samples_that_no_teacher_knows_is_not_warned_of(
    gallery: Gallery, tmp_path: Path
) -> None:
    said = before_training(gallery, gallery.spec({"aggregator": {"kind": "static"}}), folder=tmp_path)
    assert said == {}


def test_a_teacher_of_which_nobody_knows_what_it_learned_from_is_warned_of(
    gallery: Gallery, tmp_path: Path
) -> None:
    other = renamed(gallery, tmp_path / "other.safetensors", recipe=None)
    said = before_training(gallery, gallery.spec({}), folder=tmp_path / "run", two=other)
    assert said["outsider"].startswith("What 'two' learned from is not known here")


def test_a_teacher_worse_than_the_most_frequent_class_is_warned_of(gallery: Gallery, tmp_path: Path) -> None:
    _, card = load_classifier(gallery.teachers["two"])
    wrong = renamed(gallery, tmp_path / "wrong.safetensors", classes=(*card.classes[1:], card.classes[0]))
    said = before_training(gallery, gallery.spec({}), folder=tmp_path / "run", two=wrong)
    assert "'two' is worse than guessing" in said["teacher_below_blind"]


def test_soft_labels_that_move_nothing_are_warned_of(gallery: Gallery, tmp_path: Path) -> None:
    spec = gallery.spec({"distill_weight": 1e-5})
    assert "kd_gradient_dead" in warnings_of(gallery.run(spec, folder=tmp_path / "run"))
