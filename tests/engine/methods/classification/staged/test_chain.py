"""The chain from teachers over assistants to a student."""

from __future__ import annotations

from typing import Any, cast

import pytest

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.methods.classification.staged.chain import chain_of, refuse_links
from mtkd_engine.spec import AverageSpec, CifarResNet, ClassificationSpec, SpecError, StagedSpec, parse

DEEP = {"family": "cifar_resnet", "depth": 20}
VIT = {
    "family": "transformers",
    "model_type": "vit",
    "config": {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "patch_size": 8,
    },
}


class Classes:
    """All that a chain asks of a dataset."""

    classes = ("a", "b", "c")


def stated(*nets: dict[str, Any], epochs: int = 8, kind: str = "staged") -> ClassificationSpec:
    method: dict[str, Any] = {"kind": kind, "aggregator": {"kind": "entropy"}}
    if nets:
        method["assistants"] = [{"net": net} for net in nets]
    spec = parse(
        {
            "task": "classification",
            "data": {"dataset": "x"},
            "teachers": ["big", "wide"],
            "student": {"net": {"family": "cifar_resnet", "depth": 8}},
            "method": method,
            "optim": {"epochs": epochs},
        }
    )
    assert isinstance(spec, ClassificationSpec)
    return spec


def refused(*nets: dict[str, Any], epochs: int = 8) -> dict[str, str]:
    with pytest.raises(SpecError) as refusal:
        refuse_links(chain_of(stated(*nets, epochs=epochs)), cast(LabelledDataset, Classes()))
    return refusal.value.fields


def test_an_assistant_is_a_student_of_the_teachers_and_the_student_comes_last() -> None:
    spec = stated(DEEP, {**DEEP, "depth": 14})
    links = chain_of(spec)
    assert [link.name for link in links] == ["assistant_1", "assistant_2", "student"]
    assert [link.place for link in links] == ["method.assistants.0", "method.assistants.1", "student"]
    assert [cast(CifarResNet, link.spec.student.net).depth for link in links] == [20, 14, 8]
    assert all(link.spec.student.input == spec.student.input for link in links)
    assert all(link.spec.optim == spec.optim for link in links)


def test_only_the_first_has_several_teachers_to_weigh() -> None:
    spec = stated(DEEP, DEEP)
    methods = [link.spec.method for link in chain_of(spec)]
    assert [getattr(method, "aggregator", None) for method in methods] == [
        getattr(spec.method, "aggregator", None),
        AverageSpec(),
        AverageSpec(),
    ]
    assert all(isinstance(method, StagedSpec) and method.pseudo.enabled for method in methods)


@pytest.mark.parametrize("kind", ["staged", "multi_teacher"])
def test_without_assistants_the_student_is_alone_with_its_own_spec(kind: str) -> None:
    spec = stated(kind=kind)
    (link,) = chain_of(spec)
    assert link.spec is spec
    assert link.name == link.place == "student"


def test_a_chain_that_fits_is_not_refused() -> None:
    refuse_links(chain_of(stated(DEEP, DEEP)), cast(LabelledDataset, Classes()))


def test_a_network_without_substages_is_refused_where_it_is_described() -> None:
    (path, said), *more = refused(DEEP, VIT).items()
    assert path == "method.assistants.1.net"
    assert said.startswith("given a network of type 'vit', which has no substages; accepted are")
    assert not more


def test_a_network_that_cannot_be_built_is_refused_where_it_is_described() -> None:
    (path, _), *_more = refused({**VIT, "config": {"hidden_sise": 8}}).items()
    assert path.startswith("method.assistants.0.net")


def test_too_few_epochs_are_refused_by_the_name_of_who_has_too_few() -> None:
    said = refused(DEEP, epochs=3)["optim.epochs"]
    assert said.startswith("given 3 for assistant_1 of 3 substages, accepted are 4 or more")
