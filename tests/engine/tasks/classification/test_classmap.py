"""Teachers are mapped by the names of classes, and refused with those that they do not know."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.spec.classification.classes import places_of
from mtkd_engine.tasks.classification import ClassMap, belief

DATASET = ["cat", "dog", "horse"]


def test_outputs_are_brought_into_the_order_of_the_dataset() -> None:
    classes = ClassMap.of(["horse", "cat", "dog"], DATASET)
    assert classes.places == (1, 2, 0)
    assert not classes.is_identity
    assert classes.apply(torch.tensor([[10.0, 20.0, 30.0]])).tolist() == [[20.0, 30.0, 10.0]]


def test_classes_of_the_teacher_alone_are_dropped_and_the_rest_sums_to_one() -> None:
    classes = ClassMap.of(["horse", "whale", "cat", "dog"], DATASET)
    logits = torch.randn(2, 5, 4)
    log_probs = belief(logits, temperature=2.0, classes=classes)
    assert log_probs.shape == (2, 5, 3)
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(2, 5))
    torch.testing.assert_close(
        log_probs[..., 0] - log_probs[..., 2], (logits[..., 2] - logits[..., 0]) / 2.0, rtol=1e-4, atol=1e-5
    )


def test_the_same_classes_in_the_same_order_cost_nothing() -> None:
    classes = ClassMap.of(DATASET, DATASET)
    logits = torch.randn(2, 3)
    assert classes.is_identity
    assert classes.apply(logits) is logits


def test_maps_are_equal_by_their_places_and_told_apart_by_their_digest() -> None:
    one, same = ClassMap.of(["dog", "cat", "horse"], DATASET), ClassMap.of(["dog", "cat", "horse"], DATASET)
    one.apply(torch.zeros(1, 3))
    assert one == same
    assert one.digest == same.digest
    more = ClassMap.of(["dog", "cat", "horse", "cow"], DATASET)
    assert more.places == one.places
    assert more.digest != one.digest != ClassMap.of(DATASET, DATASET).digest


def test_an_index_made_without_gradients_serves_with_them() -> None:
    classes = ClassMap.of(["horse", "cat", "dog"], DATASET)
    with torch.inference_mode():
        classes.apply(torch.zeros(1, 3))
    logits = torch.zeros(1, 3, requires_grad=True)
    classes.apply(logits)[:, 0].sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.tolist() == [[0.0, 1.0, 0.0]]


def test_a_teacher_that_misses_classes_is_refused_with_their_names_and_near_ones() -> None:
    with pytest.raises(ValueError, match=r"^teachers: ") as refused:
        ClassMap.of(["Cat", "dogs", "ship"], DATASET, teacher="r56")
    sentence = str(refused.value)
    assert sentence == (
        "teachers: given 'r56', which does not know 3 of the 3 classes of the dataset: 'cat' (it knows 'Cat'), "
        "'dog' (it knows 'dogs'), 'horse'; accepted are teachers that know every class by the same name."
    )


def test_of_many_missing_classes_ten_are_named_and_the_others_counted() -> None:
    wanted = [f"class {number}" for number in range(100)]
    with pytest.raises(ValueError, match="which does not know 60 of the 100 classes") as refused:
        places_of(wanted[:40], wanted, teacher="a")
    sentence = str(refused.value)
    assert "'class 40', 'class 41'" in sentence
    assert "'class 49' and 50 more;" in sentence
    assert "'class 50'" not in sentence


def test_a_name_in_another_s_spelling_is_found_among_many() -> None:
    given = [f"n{number:05}" for number in range(5000)] + ["Golden-Retriever"]
    with pytest.raises(ValueError, match=r"'golden_retriever' \(it knows 'Golden-Retriever'\)"):
        places_of(given, ["n00001", "golden_retriever"])
