"""What two models know between them, with numbers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mtkd_engine.comparing import Difference, paired
from mtkd_engine.comparing.complement import Known, complement
from mtkd_engine.comparing.expertise import expertise
from mtkd_engine.comparing.partners import ranked

LABELS = list("aaaabbbbcc")

FIRST = ["a", "a", "a", "a", "b", "a", "c", "c", "a", "b"]
SECOND = ["a", "a", "b", "b", "b", "b", "c", "a", "a", "a"]
SURE_FIRST = [0.9, 0.8, 0.4, 0.9, 0.7, 0.3, 0.1, 0.1, 0.2, 0.2]
SURE_SECOND = [0.8, 0.9, 0.45, 0.1, 0.9, 0.6, 0.2, 0.1, 0.1, 0.1]
SOURCES = list("uvwxyzuvwx")


def pair() -> tuple[Known, Known]:
    return Known.of_classes(FIRST, LABELS, SURE_FIRST), Known.of_classes(SECOND, LABELS, SURE_SECOND)


def test_what_classifiers_know_is_counted_sample_by_sample() -> None:
    found = complement(*pair(), SOURCES)
    means = {name: told["mean"] for name, told in found.as_dict().items() if name != "samples"}
    assert found.samples == 10
    assert means == pytest.approx(
        {
            "first_quality": 0.5,
            "second_quality": 0.4,
            "first_only": 0.2,
            "second_only": 0.1,
            "both": 0.3,
            "neither": 0.4,
            "agreement": 0.5,
            "together": 0.6,
            "oracle": 0.5,  # on the third sample the second is surer of the true class and yet says another
            "first_gain": 0.1,
            "second_gain": 0.2,
            "beyond": 0.1,
            "gain": 0.15,
        }
    )


def test_intervals_are_those_of_a_paired_bootstrap_over_sources() -> None:
    first, second = pair()
    found = complement(first, second, SOURCES)
    union_N = np.maximum(first.quality_N, second.quality_N)
    assert found.first_gain == paired(union_N, first.quality_N, SOURCES)
    assert found.beyond.low <= found.beyond.mean <= found.beyond.high


def test_of_masks_and_maps_quality_takes_the_place_of_right_and_wrong() -> None:
    first, second = Known.of_qualities([0.5, 0.9, 0.25, 0.0]), Known.of_qualities([0.75, 0.5, 0.25, 0.1])
    found = complement(first, second, list("uvwx"))
    assert (found.first_only.mean, found.second_only.mean, found.both.mean) == (0.25, 0.5, 0.25)
    assert (found.neither, found.agreement) == (None, None)
    assert found.together.mean == found.oracle.mean == pytest.approx(0.5)
    assert found.first_gain.mean == pytest.approx(0.5 - 0.4125)
    assert found.second_gain.mean == pytest.approx(0.1)


def test_a_model_and_itself_have_nothing_to_learn_from_each_other() -> None:
    first, _ = pair()
    found = complement(first, first, SOURCES)
    assert found.gain == found.beyond == Difference(0.0, 0.0, 0.0)
    assert found.agreement is not None
    assert found.agreement.mean == 1.0


def test_models_that_were_asked_other_samples_are_refused() -> None:
    first, _ = pair()
    with pytest.raises(ValueError, match="given 10 and 2 samples, accepted are the same ones"):
        complement(first, Known.of_qualities([0.1, 0.2]), SOURCES)


def test_a_class_is_led_by_whoever_is_right_about_more_of_it_and_by_nobody_while_that_is_open() -> None:
    labels = ["dog"] * 40 + ["cat"] * 40 + ["elk"] * 4
    first = Known.of_qualities([1.0] * 36 + [0.0] * 4 + [0.0] * 30 + [1.0] * 10 + [1, 0, 1, 0])
    second = Known.of_qualities([1.0] * 10 + [0.0] * 30 + [1.0] * 40 + [0, 1, 1, 0])
    areas = expertise(first, second, labels, list(range(84)), classes=("dog", "cat", "elk", "yak"))
    assert [(one.name, one.samples, one.leads) for one in areas] == [
        ("dog", 40, "first"),
        ("cat", 40, "second"),
        ("elk", 4, None),
    ]
    assert (areas[0].first, areas[0].second) == (0.9, 0.25)
    assert areas[0].lead.mean == pytest.approx(0.65)


def test_pairs_are_ranked_by_the_mean_of_what_both_could_gain() -> None:
    models = {
        "even": Known.of_qualities([1, 1, 0, 0, 1, 1]),
        "twin": Known.of_qualities([1, 1, 0, 0, 1, 0]),
        "odd": Known.of_qualities([0, 0, 1, 1, 1, 1]),
        "late": Known.of_qualities([0, 0, 1, 0, 0, 0]),
    }
    found = ranked(models, list("uvwxyz"))
    assert [(one.first, one.second) for one in found][:2] == [("even", "late"), ("twin", "odd")]
    gains = [one.complement.gain.mean for one in found]
    assert gains == sorted(gains, reverse=True)
    best = next(one for one in found if (one.first, one.second) == ("even", "late"))
    assert best.complement.gain.mean == pytest.approx(5 / 6 - (4 / 6 + 1 / 6) / 2)
    assert best.third is not None
    assert best.third.name == "odd"
    assert best.third.adds == pytest.approx(1 / 6)


def test_the_pairs_of_one_model_have_it_first_and_no_more_are_given_than_asked_for() -> None:
    models = {name: Known.of_qualities([place, 1, 0]) for place, name in enumerate("ab")}
    models["c"] = Known.of_qualities([1, 0, 1])
    found = ranked(models, list("uvw"), of="c")
    assert {one.first for one in found} == {"c"}
    assert len(found) == 2
    assert len(ranked(models, list("uvw"), most=1)) == 1
    assert ranked({name: models[name] for name in "ab"}, list("uvw"))[0].third is None
