"""Groups of classification jobs: parts left out, and aggregators in each other's place."""

from __future__ import annotations

from typing import Any

import pytest

from mtkd_engine.spec import SpecError, cell_texts, expand
from mtkd_engine.spec.base import CHOICES
from mtkd_engine.spec.switches import SWITCHES

OTHERS = [kind for kind in CHOICES["aggregator"][1]["classification"] if kind != "uniform"]


def document(method: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "task": "classification",
        "data": {"dataset": "pets"},
        "teachers": ["a", "b"],
        "method": {"kind": "multi_teacher", **(method or {})},
        **more,
    }


def aggregators(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        cell: spec.model_dump(mode="json")["method"].get("aggregator", {})
        for cell, _, spec in expand(given).cells
    }


def test_one_entry_puts_every_other_aggregator_in_turn() -> None:
    found = aggregators(document(ablate=["aggregator:*", "solo"]))
    assert list(found) == ["", *(f"aggregator:{kind}" for kind in OTHERS), "solo"]
    assert [found[f"aggregator:{kind}"]["kind"] for kind in OTHERS] == OTHERS
    assert len(expand(document(ablate=["aggregator:*"], seeds=[0, 1, 2])).cells) == 3 * (1 + len(OTHERS))


def test_an_aggregator_with_settings_of_its_own_takes_the_place_of_the_usual_one() -> None:
    own = {"cell": "aggregator:kau", "change": {"method": {"aggregator": {"kind": "kau", "hidden": 8}}}}
    given = document(ablate=["aggregator:*", own])
    assert aggregators(given)["aggregator:kau"]["hidden"] == 8
    assert list(cell_texts(given)) == list(aggregators(given))[1:]
    assert cell_texts(given)["aggregator:kau"][:3] == ("KAU", "KAU", "uniform weights")


def test_a_cell_with_another_aggregator_is_what_brings_something() -> None:
    text = cell_texts(document(ablate=["aggregator:entropy", "solo"]))
    assert text["aggregator:entropy"] == (
        "entropy weights (EBKD)",
        "Entropy weights (EBKD)",
        "uniform weights",
        True,
    )
    assert not text["solo"].is_own


def test_learned_aggregators_learn_on_the_same_samples() -> None:
    method = {"aggregator": {"kind": "kau", "samples": "train"}}
    found = aggregators(
        document(method, ablate=["aggregator:static", "aggregator:meta", "aggregator:entropy"])
    )
    assert found["aggregator:static"]["samples"] == found["aggregator:meta"]["samples"] == "train"
    assert "samples" not in found["aggregator:entropy"]
    assert aggregators(document(method, ablate=["static"]))["static"]["samples"] == "train"


def test_all_switches_of_classification_fit_its_full_method_and_have_words() -> None:
    method = {
        "aggregator": {"kind": "kau"},
        "inner": {"kind": "dkd"},
        "features": [{"kind": "fitnet"}],
        "signals": "online",
    }
    every = [name for name, switch in SWITCHES.items() if "multi_teacher" in switch.methods]
    assert every == ["weighing", "static", "best_single", "soft_labels", "features", "inner", "solo"]
    given = document(method, ablate=[*every, "teacher:b"])
    specs = {cell: spec.model_dump(mode="json")["method"] for cell, _, spec in expand(given).cells}
    assert specs["weighing"]["aggregator"] == {"kind": "uniform", "space": "probability"}
    assert specs["best_single"]["aggregator"]["kind"] == "best_single"
    assert specs["soft_labels"]["distill_weight"] == 0
    assert (specs["features"]["features"], specs["inner"]["inner"]) == ([], {"kind": "kd"})
    assert specs["solo"] == {"kind": "solo"}
    texts = cell_texts(given)
    assert list(texts) == [*every, "teacher:b"]
    assert texts["inner"][1:3] == ("DKD", "ordinary soft labels (KD)")


@pytest.mark.parametrize(
    ("method", "entry", "words"),
    [
        ({}, "aggregator:medoid", "given aggregator 'medoid', accepted is one of uniform, entropy"),
        ({}, "weighing", "which this spec does not have"),
        ({}, "aggregator:uniform", "it changes nothing"),
        ({"kind": "solo"}, "aggregator:*", "this method has no aggregator"),
    ],
)
def test_what_cannot_be_put_in_its_place_is_refused(method: dict[str, Any], entry: str, words: str) -> None:
    given = document(method, ablate=[entry])
    if method:
        given["teachers"] = []
    with pytest.raises(SpecError, match=words) as refusal:
        expand(given)
    assert list(refusal.value.fields) == ["ablate.0"]


def test_groups_of_grounding_take_aggregators_in_turn_as_well() -> None:
    given = {"data": {"dataset": "w"}, "teachers": ["a", "b"], "ablate": ["aggregator:*"]}
    cells = aggregators({**given, "method": {"kind": "aggregate"}})
    assert "aggregator:kau" not in cells
    assert {"aggregator:medoid", "aggregator:uniform"} <= set(cells)
    assert "aggregator:kau_plus" in aggregators({**given, "method": {"kind": "emtm"}})
