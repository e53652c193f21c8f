"""The rules that final metrics must keep: what they mean, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mtkd_engine.spec import Gate, SpecError, expand, holds, is_baseline_name, parse, parse_gate, spec_hash

BARE = {"data": {"dataset": "world"}}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("val/miou >= 0.45", {"metric": "val/miou", "comparison": ">=", "number": 0.45}),
        ("student.params<=1e6", {"metric": "student.params", "comparison": "<=", "number": 1e6}),
        ("  latency_ms.p50  <  5 ", {"metric": "latency_ms.p50", "comparison": "<", "number": 5.0}),
        ("r1@0.5 > -3 + .5", {"metric": "r1@0.5", "comparison": ">", "number": -2.5}),
        ("best_step == 40", {"metric": "best_step", "comparison": "==", "number": 40.0}),
        (
            "worst(test/miou) >= baseline(main) - 0.005",
            {
                "metric": "test/miou",
                "comparison": ">=",
                "over": "worst",
                "baseline": "main",
                "offset": -0.005,
            },
        ),
        (
            "mean( miou )>=baseline( v1.2_a-b )+0.01",
            {"metric": "miou", "comparison": ">=", "baseline": "v1.2_a-b", "offset": 0.01},
        ),
        (
            "miou >= teacher:span|2/miou - 0.1",
            {"metric": "miou", "comparison": ">=", "right_metric": "teacher:span|2/miou", "offset": -0.1},
        ),
        (
            '"a b/x-1" > "teacher:c d/miou"',
            {"metric": "a b/x-1", "comparison": ">", "right_metric": "teacher:c d/miou"},
        ),
        ("top-5 > a-b", {"metric": "top-5", "comparison": ">", "right_metric": "a-b"}),
    ],
)
def test_a_rule_means_what_it_says(text: str, meant: dict[str, Any]) -> None:
    assert parse_gate(text) == Gate(text=" ".join(text.split()), **{"over": "mean", **meant})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "given nothing, accepted is a rule such as 'test/miou >= 0.45'"),
        ("miou", "after the metric comes one of"),
        ("miou => 0.4", "after the metric comes one of"),
        ("0.4 <= miou", "a rule begins with a metric"),
        (">= 0.4", "a rule begins with a metric"),
        ("best(miou) > 1", "best(...) is not known, mean(...) and worst(...) are"),
        ("miou >", "at the end stands a number"),
        ("miou >> 3", "at the end stands a number"),
        ("miou > baseline(main) * 2", "at the end stands a number"),
        ("miou > 1 > 0", "at the end stands a number"),
        ("miou > baseline()", "a baseline has letters"),
        ("miou > baseline(a/b)", "a baseline has letters"),
        ("miou > 1e999", "its number is too large"),
        ("miou > baseline(main) + 1e999", "its number is too large"),
        ("miou > nan", "a number is finite"),
        ("miou > solo/miou-0.1", "spaces stand around + and -"),
        ("miou > \x00", "characters"),
        ("m" * 501 + " > 1", "505 characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="accepted is a rule such as") as refusal:
        parse_gate(text)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
        ("==", False, True, False),
    ],
)
def test_numbers_that_differ_by_rounding_are_equal(
    comparison: Any, below: bool, equal: bool, above: bool
) -> None:
    found = [holds(comparison, left, 0.1 + 0.2) for left in (0.29, 0.3, 0.31)]
    assert found == [below, equal, above]


def test_names_of_baselines_fit_into_an_address() -> None:
    assert all(map(is_baseline_name, ("main", "v1.2", "a_b-c", "a" * 80)))
    assert not any(map(is_baseline_name, ("", ".", "..", "a/b", "a b", "-a", "ä", "a" * 81, "a\n")))


def test_rules_of_a_spec_are_kept_in_their_plain_spelling_outside_the_hash() -> None:
    spec = parse({**BARE, "gates": ["  test/miou   >= 0.45 "]})
    assert spec.gates == ("test/miou >= 0.45",)
    assert spec_hash(spec) == spec_hash(parse(BARE))


@pytest.mark.parametrize(
    ("gates", "path"),
    [
        (["miou > 1", "miou"], "gates.1"),
        ([0.5], "gates.0"),
        ("miou > 1", "gates"),
        (["miou > 1"] * 51, "gates"),
    ],
)
def test_a_refused_rule_is_named_by_its_place(gates: object, path: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse({**BARE, "gates": gates})
    assert list(refusal.value.fields) == [path]


def test_the_rules_of_a_group_are_those_of_all_its_jobs() -> None:
    document = {**BARE, "gates": ["worst(miou) > 0.4"], "seeds": [1, 2]}
    assert {job.spec.gates for job in expand(document).cells} == {("worst(miou) > 0.4",)}
    changed = {**copy.deepcopy(document), "ablate": [{"cell": "lenient", "change": {"gates": []}}]}
    with pytest.raises(SpecError) as refusal:
        expand(changed)
    assert list(refusal.value.fields) == ["ablate.0.change.gates"]
