"""Methods without registered teachers: what they accept, and with what they do not go together."""

from __future__ import annotations

from typing import Any

import pytest

from mtkd_engine.spec import EnsembleSpec, SelfSpec, SpecError, parse
from mtkd_engine.spec.base import CHOICES

CLIPS = {"kind": "clips", "dataset": "some"}
TIMM = {"net": {"family": "timm", "name": "resnet18"}}
VIT = {"net": {"family": "transformers", "model_type": "vit"}}


def stated(method: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"task": "classification", "data": {"dataset": "some"}, "method": method, **parts}


@pytest.mark.parametrize(
    ("method", "parts", "field", "given"),
    [
        ({"kind": "ensemble"}, {"teachers": ["one"]}, "teachers", "accepts none"),
        ({"kind": "self"}, {"teachers": ["one"]}, "teachers", "accepts none"),
        ({"kind": "ensemble", "branches": 1}, {}, "method.branches", "2 or more"),
        ({"kind": "ensemble", "shared": 3}, {}, "method.shared", "1 or 2"),
        (
            {"kind": "ensemble"},
            {"student": TIMM},
            "student.net",
            "cifar_resnet and transformers of type resnet",
        ),
        ({"kind": "ensemble"}, {"student": VIT}, "student.net", "given vit"),
        ({"kind": "ensemble"}, {"data": CLIPS}, "method", "with kind one of 'solo', 'multi_teacher'"),
        ({"kind": "self", "momentum": 1}, {}, "method.momentum", "less than 1"),
        ({"kind": "self", "distill_weight": 0}, {}, "method.distill_weight", "more than 0"),
        (
            {"kind": "self", "teacher": "snapshot", "cycle_epochs": 4},
            {"optim": {"epochs": 4}},
            "method.cycle_epochs",
            "nothing is taught in the first cycle",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_its_field(
    method: dict[str, Any], parts: dict[str, Any], field: str, given: str
) -> None:
    with pytest.raises(SpecError) as refused:
        parse(stated(method, **parts))
    assert list(refused.value.fields) == [field]
    assert given in refused.value.fields[field]


def test_nothing_has_to_be_said_but_the_kind() -> None:
    assert parse(stated({"kind": "ensemble"})).method == EnsembleSpec()
    assert parse(stated({"kind": "self"})).method == SelfSpec()


@pytest.mark.parametrize("kind", ["clips", "streams", "features"])
def test_a_student_of_any_data_teaches_itself_but_only_images_have_branches(kind: str) -> None:
    assert isinstance(
        parse(stated({"kind": "self"}, data={"kind": kind, "dataset": "some"})).method, SelfSpec
    )
    assert "self" in CHOICES["method"][1][kind]
    assert "ensemble" not in CHOICES["method"][1][kind]
