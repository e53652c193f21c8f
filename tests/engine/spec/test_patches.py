"""Merge patches, by the examples of RFC 7396."""

from __future__ import annotations

from typing import Any

import pytest

from mtkd_engine.spec.patches import changed, merged


@pytest.mark.parametrize(
    ("document", "changes", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_standard_says(document: Any, changes: Any, result: Any) -> None:
    assert merged(document, changes) == result


def test_what_is_merged_stays_as_it_was() -> None:
    document: dict[str, Any] = {"a": {"b": 1}}
    merged(document, {"a": {"b": 2, "c": 3}})
    assert document == {"a": {"b": 1}}


def test_nothing_of_another_kind_stays() -> None:
    spec = {"method": {"kind": "emtm", "folds": 3, "aggregator": {"kind": "kau", "width": 8}}, "seed": 1}
    uniform = changed(spec, {"method": {"aggregator": {"kind": "uniform"}}})
    assert uniform["method"] == {"kind": "emtm", "folds": 3, "aggregator": {"kind": "uniform"}}
    assert changed(spec, {"method": {"kind": "solo"}}) == {"method": {"kind": "solo"}, "seed": 1}
    wider = changed(spec, {"method": {"aggregator": {"kind": "kau", "hidden": 9}}})
    assert wider["method"]["aggregator"] == {"kind": "kau", "width": 8, "hidden": 9}


def test_a_kind_that_is_not_named_stays() -> None:
    spec = {"student": {"net": {"family": "span", "clips": 8}}}
    assert changed(spec, {"student": {"net": {"clips": 9}}})["student"]["net"] == {
        "family": "span",
        "clips": 9,
    }
    assert changed(spec, {"student": {"net": None}})["student"] == {}
    assert changed(spec, {"student": {"net": "span"}})["student"] == {"net": "span"}
