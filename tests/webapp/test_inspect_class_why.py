from __future__ import annotations

import pytest

from jobs.queries.inspect.probabilities import Answer
from webapp.pages.inspect_class_why import why_classes

TRUTH = "cat"


def says(who: str, said: str | None, score: float | None = 0.8, quality: float | None = 0.1) -> Answer:
    is_right = said == TRUTH
    return Answer(
        who=who, said=said, score=score, quality=score if is_right else quality, is_right=is_right, classes=[]
    )


TEACHERS = [says("teacher:a", "dog", 0.9), says("teacher:b", "cat", 0.7), says("teacher:c", "dog", 0.6)]
WEIGHTS = {"a": 0.5, "b": 0.3, "c": 0.2}


def test_the_leader_is_told_with_those_who_say_the_same() -> None:
    assert why_classes([*TEACHERS, says("target", "dog", 0.6)], WEIGHTS, aggregator="entropy") == [
        "a leads with 0.50: it says dog (0.90), as does c, and is the surest; b says cat.",
        "The target says dog (0.60), as teachers with 0.70 of the weight do, and is wrong; b (0.30) is right and "
        "outvoted.",
    ]


def test_those_who_say_another_class_stand_together() -> None:
    answers = [says("teacher:a", "cat", 0.5), says("teacher:b", "dog"), says("teacher:c", "dog")]
    assert why_classes(answers, WEIGHTS, aggregator="kau") == [
        "a leads with 0.50: it says cat (0.50); b and c say dog."
    ]


@pytest.mark.parametrize("kind", ["uniform", "static", "best_single"])
def test_weights_that_are_the_same_everywhere_are_not_explained_by_the_sample(kind: str) -> None:
    told = why_classes(TEACHERS, WEIGHTS, aggregator=kind)[0]
    assert "every sample" in told
    assert told.endswith(". They differ: a and c say dog, b says cat.")


def test_no_leader_is_made_up() -> None:
    even = dict.fromkeys("abc", 1 / 3)
    assert why_classes(TEACHERS, even, aggregator="kau") == [
        "No teacher leads: all weights lie between 0.33 and 0.33. They differ: a and c say dog, b says cat."
    ]
    agreed = why_classes([TEACHERS[0], TEACHERS[2]], even, aggregator="kau")
    assert agreed[0].endswith("0.33. All of them say dog.")
    assert why_classes(TEACHERS[:1], {"a": 1.0}, aggregator="kau") == [
        "a is the only teacher and says dog (0.90)."
    ]
    assert why_classes(TEACHERS, {}, aggregator="kau") == []


def test_teachers_of_the_same_weight_are_tied_and_none_of_them_leads() -> None:
    tied = {"a": 0.42, "b": 0.16, "c": 0.42}
    assert why_classes(TEACHERS, tied, aggregator="kau") == [
        "a and c are tied at 0.42: a and c say dog; b says cat."
    ]
    assert why_classes(TEACHERS, {"a": 0.45, "b": 0.451, "c": 0.099}, aggregator="kau") == [
        "b and a are tied at 0.45: b says cat, a says dog; c says dog."
    ]


def test_a_target_that_nobody_names_is_told_so() -> None:
    right = why_classes([*TEACHERS, says("target", "cat", None)], {"a": 0.6, "c": 0.4}, aggregator="kau")
    assert right[1] == "The target says cat, which no teacher names first, and is right."
    wrong = why_classes([says("teacher:a", "dog"), says("target", "dog")], {"a": 1.0}, aggregator="kau")
    assert wrong[1] == "The target says dog (0.80), and is wrong; so is the teacher."


@pytest.mark.parametrize(
    ("student", "target", "solo", "told"),
    [
        ("cat", "dog", None, "The student says cat (0.80), right in spite of the target."),
        ("dog", "cat", None, "The student says dog (0.80), wrong though the target is right."),
        (
            "cat",
            "cat",
            "dog",
            "The student says cat (0.80), right; without teachers it says dog (0.80), wrong.",
        ),
        (
            "dog",
            "dog",
            "cat",
            "The student says dog (0.80), wrong; without teachers it says cat (0.80), right.",
        ),
        (
            "cat",
            "cat",
            "cat",
            "The student says cat (0.80), right; without teachers the true class is as likely to it.",
        ),
    ],
)
def test_what_came_of_it_is_told(student: str, target: str, solo: str | None, told: str) -> None:
    answers = [says("target", target), says("student", student)]
    answers += [] if solo is None else [says("solo", solo)]
    assert why_classes(answers, {}, aggregator="kau")[-1] == told


def test_a_gain_without_another_class_is_told_in_numbers() -> None:
    answers = [says("student", "dog", quality=0.3), says("solo", "dog", quality=0.1)]
    assert why_classes(answers, {}, aggregator="")[0].endswith(
        "wrong; the true class is 0.20 more likely to it than without teachers."
    )
