"""Specs of the dense tasks: which subject they are of, their defaults, and what does not fit together."""

from __future__ import annotations

from typing import Any

import pytest

from mtkd_engine.spec import (
    SPECS,
    TASKS,
    DenseSpec,
    FilmInput,
    PictureInput,
    SaliencySpec,
    SegmentationSpec,
    SpecError,
    VideoSaliencySpec,
    dump_yaml,
    kind_of,
    load_yaml,
    parse,
    subject_of,
)
from mtkd_engine.spec.base import CHOICES
from mtkd_engine.spec.dense.nets import PICTURE_FAMILIES
from mtkd_engine.spec.saliency.nets import SALIENCY_FAMILIES

DATA: dict[str, Any] = {"dataset": "street"}
MASKS: dict[str, Any] = {"task": "segmentation", "data": DATA}
GAZE: dict[str, Any] = {"task": "saliency", "data": DATA}
FILMS: dict[str, Any] = {"task": "saliency", "data": {**DATA, "kind": "gaze_video"}}
MODELS = ["one", "two"]


@pytest.mark.parametrize(
    ("raw", "subject", "model"),
    [
        (MASKS, "segmentation", SegmentationSpec),
        (GAZE, "saliency", SaliencySpec),
        (FILMS, "video_saliency", VideoSaliencySpec),
    ],
)
def test_a_spec_is_of_the_subject_that_its_task_and_data_tell(
    raw: dict[str, Any], subject: str, model: type[DenseSpec]
) -> None:
    spec = parse(raw)
    assert type(spec) is model
    assert subject_of(raw) == subject
    assert load_yaml(dump_yaml(spec)) == spec


def test_every_subject_says_what_kind_its_data_are_of() -> None:
    for subject in SPECS:
        task = SPECS[subject].model_fields["task"].default
        assert task in TASKS
        assert subject_of({"task": task, "data": {"kind": kind_of(subject)}}) == subject


def test_pictures_are_read_by_default_and_of_videos_films() -> None:
    films, pictures = parse(FILMS), parse(GAZE)
    assert isinstance(films, VideoSaliencySpec)
    assert isinstance(pictures, SaliencySpec)
    assert isinstance(films.student.input, FilmInput)
    assert isinstance(pictures.student.input, PictureInput)
    assert pictures.optim.optimizer == "adamw"


def test_a_network_of_pictures_may_see_the_frames_of_a_video() -> None:
    spec = parse({**FILMS, "student": {"net": {"family": "pyramid"}, "input": {"kind": "picture"}}})
    assert isinstance(spec, VideoSaliencySpec)
    assert spec.student.net.family == "pyramid"


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({**MASKS, "method": {"kind": "emtm"}}, "method", "kind one of 'solo', .*'mutual', 'partition'"),
        ({**MASKS, "teachers": MODELS}, "teachers", "method solo accepts none"),
        ({**MASKS, "method": {"kind": "mutual"}}, "teachers", "method mutual accepts 2 or more"),
        (
            {**MASKS, "method": {"kind": "mutual", "calibrated": True}, "teachers": MODELS},
            "method.calibrated",
            "given true, accepted is false",
        ),
        (
            {**GAZE, "method": {"kind": "mutual"}, "teachers": MODELS[:1]},
            "teachers",
            "given .'one'., method mutual accepts 2",
        ),
        (
            {**GAZE, "method": {"kind": "partition", "student": "three"}, "teachers": MODELS},
            "method.student",
            "given 'three', accepted is one of the teachers: 'one', 'two'",
        ),
        (
            {**GAZE, "student": {"net": {"family": "space_time"}}},
            "student.net",
            "one of 'pyramid', 'segformer'",
        ),
        (
            {**FILMS, "student": {"net": {"family": "pyramid"}}},
            "student.input.kind",
            "given 'film' with a network of family 'pyramid', accepted is 'picture'",
        ),
        ({**FILMS, "student": {"input": {"kind": "clip"}}}, "student.input", "one of 'film', 'picture'"),
        ({**GAZE, "data": {**DATA, "protocol": "blur"}}, "data.protocol", "'dhf1k', 'hollywood2' or 'mit'"),
        ({**FILMS, "data": {**FILMS["data"], "frames": 0}}, "data.frames", "given 0, accepted is 1 or more"),
        ({**MASKS, "data": {**DATA, "height": 4}}, "data.height", "given 4, accepted is 8 or more"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_the_field_to_change(
    raw: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SpecError) as refused:
        parse(raw)
    assert list(refused.value.fields) == [field]
    with pytest.raises(SpecError, match=words):
        parse(raw)


def test_registered_models_may_take_part() -> None:
    assert [
        one.name for one in parse({**MASKS, "method": {"kind": "mutual"}, "teachers": MODELS}).teachers
    ] == MODELS


def test_the_networks_that_sentences_name_are_those_that_specs_take() -> None:
    _, by_subject = CHOICES["net"]
    assert set(by_subject["segmentation"]) == set(by_subject["saliency"]) == set(PICTURE_FAMILIES)
    assert set(by_subject["video_saliency"]) == set(SALIENCY_FAMILIES)
    for subject in ("segmentation", "saliency", "video_saliency"):
        _check_defaults(parse({"task": TASKS_OF[subject], "data": {**DATA, "kind": kind_of(subject)}}))


TASKS_OF = {"segmentation": "segmentation", "saliency": "saliency", "video_saliency": "saliency"}


def _check_defaults(spec: Any) -> None:
    for part in (spec.data, spec.student, spec.optim):
        for field in type(part).model_fields.values():
            assert field.title
            assert field.description
