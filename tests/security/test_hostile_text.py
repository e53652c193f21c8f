"""Text of a spec that was made to hurt is refused in one sentence, and at once."""

from __future__ import annotations

import json

import pytest

from mtkd_engine.spec import LARGEST_TEXT, SpecError, TextError, load_yaml, parse, read_json, read_yaml

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "line 1: anchors and aliases are not accepted"),
        ("data: &a {dataset: *a}", "anchors and aliases"),
        ("[" * 50_000, "nested more than 20 levels deep"),
        ("seed: 1\nname: x\nseed: 2", "line 3: the key 'seed' is given twice"),
        ("x" * (LARGEST_TEXT + 1), "characters; up to 262,144 are accepted"),
        ("name: 2020-13-45", "month must be in 1..12"),
        ("name: !!int ''", "not readable YAML"),
        ("name: !!timestamp x", "not readable YAML"),
        ("seed: " + "9" * 5000, "Exceeds the limit"),
        ("name: \x00", "character 7 is a control character"),
        ("a: 1\n---\nb: 2", "another document"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("? [a]\n: b", "unhashable"),
    ],
)
def test_yaml_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(TextError) as refused:
        read_yaml(text)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 300
    with pytest.raises(SpecError):
        load_yaml(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"seed": NaN}', "NaN is not a number"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ("9" * 5000, "Exceeds the limit"),
        ('{"a":', "Expecting value"),
    ],
)
def test_json_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(TextError, match="not readable JSON") as refused:
        read_json(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\nb\x1b[31m"}, "name"),
        ({"name": "right\u202eleft"}, "name"),
        ({"data": {"dataset": "w\x00"}}, "data.dataset"),
        ({"teachers": ["t\x00"], "method": {"kind": "emtm"}}, "teachers.0.name"),
        ({"optim": {"learning_rate": float("nan")}}, "optim.learning_rate"),
        ({"method": {"kind": "emtm", "distill_weight": json.loads("1e309")}}, "method.distill_weight"),
        ({"seed": True}, "seed"),
        ({"optim": {"epochs": True}}, "optim.epochs"),
        ({"seed": "seven"}, "seed"),
    ],
)
def test_a_value_is_refused_where_it_stands(spec: dict[str, object], path: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse({"data": {"dataset": "w"}, **spec})
    assert path in refused.value.fields
    assert "given" in refused.value.fields[path]
    assert refused.value.fields[path].isprintable()


def test_of_many_problems_the_first_are_told() -> None:
    with pytest.raises(SpecError) as refused:
        parse({"data": {"dataset": "w"}, **{f"k{number}": 1 for number in range(5000)}})
    assert len(refused.value.fields) <= 21
    assert "4,980 problems more" in str(refused.value)
