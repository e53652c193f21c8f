"""A spec is strict, frozen, the same as YAML, and refuses with one sentence per field."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mtkd_engine.spec import SPECS, SpecError, dump_yaml, load_yaml, parse, spec_hash
from mtkd_engine.spec.base import _IMAGE_NETS, CHOICES
from mtkd_engine.spec.classification.kinds import families_reading

GOOD: dict[str, Any] = {"data": {"dataset": "world"}}
EMTM: dict[str, Any] = {**GOOD, "teachers": ["a", {"name": "b"}], "method": {"kind": "emtm"}}


def test_a_spec_survives_yaml() -> None:
    spec = parse(EMTM)
    assert load_yaml(dump_yaml(spec)) == spec
    assert spec_hash(load_yaml(dump_yaml(spec))) == spec_hash(spec)


def test_a_bare_teacher_name_means_the_teacher_of_that_name() -> None:
    assert [teacher.name for teacher in parse(EMTM).teachers] == ["a", "b"]


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        parse(GOOD).seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"foo": 1}, "foo", "not known here"),
        ({"optim": {"epochs": 0}}, "optim.epochs", "given 0, accepted is 1 or more"),
        ({"optim": {"bath": 3}}, "optim.bath", "not known here"),
        ({"data": {}}, "data.dataset", "required"),
        ({"method": {"kind": "magic"}}, "method", "'solo', 'emtm'"),
        ({"method": {"kind": "emtm"}}, "teachers", "given none, method emtm accepts one or more"),
        ({"teachers": ["a"]}, "teachers", "method solo learns from labels alone"),
        (
            {"student": {"net": {"family": "span", "heads": 5}}},
            "student.net.heads",
            "divisor of the width 48",
        ),
        ({"student": {"net": {"family": "cnn"}}}, "student.net", "'span', 'map2d', 'proposal'"),
        (
            {"student": {"net": {"family": "proposal", "kernel": 4}}},
            "student.net.kernel",
            "odd number from 3",
        ),
        (
            {"teachers": ["a"], "method": {"kind": "emtm", "aggregator": {"kind": "kau", "kernels": [2]}}},
            "method.aggregator.kernels",
            "odd numbers from 1 to 31",
        ),
        ({"teachers": ["a", "a"], "method": {"kind": "emtm"}}, "teachers", "names each teacher once"),
    ],
)
def test_a_refusal_names_the_field_what_was_given_and_what_is_accepted(
    change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SpecError) as refused:
        parse({**GOOD, **change})
    assert words in refused.value.fields[field]
    assert len(refused.value.problems) == 1


def test_unreadable_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(SpecError, match="not readable YAML in line 3"):
        load_yaml("data: {dataset: w}\nteachers: [a\n")


def test_a_spec_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(SpecError, match="given was a list"):
        load_yaml("- a\n- b\n")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"method": "solo"}, "method: given 'solo', accepted is a mapping such as {kind: solo}"),
        ({"student": {"net": {"width": 8}}}, "with family one of 'span', 'map2d', 'proposal', 'regression'."),
        ({"optim": {"epochs": "many"}}, "optim.epochs: given 'many', accepted is a whole number."),
        ({"optim": {"learning_rate": float("nan")}}, "accepted is a number that is finite."),
        ({"teachers": "a"}, "teachers: given 'a', accepted is a list."),
    ],
)
def test_what_is_of_another_kind_is_told_what_is_accepted(raw: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse({"data": {"dataset": "world"}, **raw})
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ({"partition": "hard"}, "method.partition: given 'hard', accepted is 'best' or 'soft'."),
        ({"criterion": "label"}, "method.criterion: given 'label', accepted is 'truth' or 'own_confidence'."),
    ],
)
def test_a_word_that_is_no_choice_is_told_with_its_field_also_where_a_method_has_the_same_name(
    method: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        parse(
            {**GOOD, "task": "classification", "teachers": ["a", "b"], "method": {"kind": "mutual", **method}}
        )
    assert refusal.value.problems == [sentence]


@pytest.mark.parametrize("subject", SPECS)
def test_the_choices_that_refusals_name_are_those_of_the_spec(subject: str) -> None:
    schema = SPECS[subject].model_json_schema()
    families: set[str] = set()
    if (
        "AssistantSpec" in schema["$defs"]
    ):  # its schema is the same for all kinds of data, what it accepts is not
        kinds = schema["$defs"].pop("AssistantSpec")["properties"]["net"]["discriminator"]["mapping"]
        families = set(families_reading("images" if subject == "classification" else subject))
        for family in kinds.keys() - families - set(_IMAGE_NETS):
            del schema["$defs"][kinds[family].rpartition("/")[2]]
    parts = [schema, *schema["$defs"].values()]
    told = {
        name: (shape["discriminator"]["propertyName"], set(shape["discriminator"]["mapping"]))
        for part in parts
        for name, stated in part.get("properties", {}).items()
        for shape in (stated, *stated.get("anyOf", ()))
        if "discriminator" in shape
    }
    if families:
        assert told.setdefault("net", ("family", families)) == ("family", families)
    assert told == {
        name: (tag, set(by_subject[subject]))
        for name, (tag, by_subject) in CHOICES.items()
        if subject in by_subject
    }
