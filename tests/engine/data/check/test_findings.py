"""Each problem of rows is found under its own name, once, and nothing else is."""

import math

import pytest

from mtkd_engine.data.annotations import find_problems
from mtkd_engine.data.check.findings import find_missing_features, is_usable
from mtkd_engine.data.check.leakage import find_same_features
from mtkd_engine.data.check.problems import SHOWN_PLACES, ProblemLog, errors, sentence
from mtkd_engine.data.rows import Problem, Row
from tests.engine.data.rowmaker import found, row


def problems_of(*rows: Row) -> dict[str, Problem]:
    log = ProblemLog()
    find_problems(list(rows), log)
    return found(log)


def test_good_rows_have_no_problem() -> None:
    assert not problems_of(
        row(), row(1), row(2, windows=((0.0, 10.0), (3.0, 4.0))), row(3, split="val", video_id="w")
    )


@pytest.mark.parametrize(
    ("window", "code", "severity", "repair"),
    [
        ((5.0, 2.0), "reversed_window", "error", "drop_rows"),
        ((2.0, 2.0), "empty_window", "error", "drop_rows"),
        ((10.0, 12.0), "outside_window", "error", "drop_rows"),
        ((-3.0, -1.0), "outside_window", "error", "drop_rows"),
        ((-3.0, 0.0), "outside_window", "error", "drop_rows"),
        ((-1e-9, 3.0), "negative_start", "error", "clip_windows"),
        ((-1.0, 12.0), "negative_start", "error", "clip_windows"),
        ((3.0, 10.001), "beyond_duration", "warning", "clip_windows"),
        ((math.nan, 3.0), "not_finite", "error", "drop_rows"),
        ((0.0, math.inf), "not_finite", "error", "drop_rows"),
        ((-math.inf, 3.0), "not_finite", "error", "drop_rows"),
    ],
)
def test_a_bad_window_is_found(window: tuple[float, float], code: str, severity: str, repair: str) -> None:
    problems = problems_of(row(), row(1, windows=(window,)))
    assert list(problems) == [code]
    problem = problems[code]
    assert (problem.count, problem.severity, problem.repair) == (1, severity, repair)
    assert problem.places[0].row == 2
    assert problem.places[0].detail.startswith("v#1: window [")


def test_the_gravest_of_several_windows_names_the_row() -> None:
    assert list(problems_of(row(windows=((8.0, 12.0), (5.0, 2.0))))) == ["reversed_window"]
    assert problems_of(row(windows=((8.0, 12.0), (9.0, 11.0))))["beyond_duration"].count == 2


def test_rows_without_duration_or_words_are_found() -> None:
    problems = problems_of(row(duration=None), row(1, sentence=" ... "), row(2, sentence=""))
    assert {code: problem.count for code, problem in problems.items()} == {
        "missing_duration": 1,
        "no_words": 2,
    }


def test_equal_rows_are_duplicates_and_equal_sentences_a_note() -> None:
    problems = problems_of(
        row(sentence="He cuts."),
        row(1, sentence="He cuts."),
        row(2, sentence="he cuts. ", windows=((4.0, 5.0),)),
        row(3, sentence="He cuts.", video_id="w"),
    )
    assert problems["duplicate_rows"].count == 1
    assert problems["duplicate_rows"].repair == "drop_duplicates"
    assert (problems["repeated_sentences"].count, problems["repeated_sentences"].severity) == (3, "note")


def test_an_id_twice_is_a_duplicate_or_a_conflict() -> None:
    same = problems_of(row(), row())
    assert same["repeated_ids"].repair == "drop_duplicates"
    other = problems_of(row(), row(sentence="something else"))
    assert (other["conflicting_ids"].severity, other["conflicting_ids"].repair) == ("error", None)


def test_durations_that_disagree_are_told() -> None:
    assert problems_of(row(), row(1, duration=11.0), row(2, duration=12.0))["several_durations"].count == 1


def test_a_video_of_train_elsewhere_is_an_error_that_train_can_give_up() -> None:
    problems = problems_of(row(), row(0, split="test", sample_id="t", sentence="b c"))
    assert list(problems) == ["shared_videos"]
    assert problems["shared_videos"].repair == "drop_shared"


def test_a_video_in_val_and_test_is_a_warning_as_the_field_has_such_sets() -> None:
    problems = problems_of(row(split="val"), row(0, split="test", sample_id="t", sentence="b c"))
    assert list(problems) == ["shared_evaluation"]
    assert problems["shared_evaluation"].severity == "warning"


def test_a_source_in_two_splits_is_a_warning() -> None:
    cuts = [row(source_id="s"), row(0, video_id="w", split="test", source_id="s")]
    problems = problems_of(*cuts)
    assert list(problems) == ["shared_sources"]
    assert (
        problems["shared_sources"].places[0].detail
        == "source 's' is in both train (train.json) and test (test.json)"
    )


def test_features_that_lack_and_features_too_many_are_found() -> None:
    log = ProblemLog()
    find_missing_features(
        [row(), row(0, video_id="w"), row(1, video_id="w")], log, store="f.npz", featured=["v", "x"]
    )
    problems = found(log)
    assert problems["without_features"].count == 1
    assert "f.npz holds no features of video 'w'" in problems["without_features"].places[0].detail
    assert problems["unused_features"].places[0].detail == "x"


def test_the_same_features_in_two_splits_are_found() -> None:
    log = ProblemLog()
    rows = [row(), row(0, video_id="w"), row(0, video_id="x", split="test")]
    find_same_features(rows, log, hashes={"v": "1", "w": "1", "x": "1"})
    assert found(log)["same_features"].count == 1


def test_many_problems_keep_few_places_and_all_counts() -> None:
    many = [row(i, duration=None, file=f"{i % 2}.json") for i in range(1000)]
    problem = problems_of(*many)["missing_duration"]
    assert problem.count == 1000
    assert len(problem.places) == SHOWN_PLACES
    assert problem.message.endswith(": 500 in 0.json, 500 in 1.json.")


def test_an_error_becomes_one_sentence_and_an_accepted_repair_takes_it_away() -> None:
    problems = list(problems_of(row(windows=((5.0, 2.0),)), row(1, windows=((5.0, 1.0),))).values())
    (error,) = errors(problems)
    assert sentence(error) == (
        "train.json, row 1: v#0: window [5, 2], duration 10 s (and 1 more); a window must end after it starts."
    )
    assert not errors(problems, accepted=["drop_rows"])


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"windows": ((-1.0, 12.0),)}, True),
        ({"windows": ()}, False),
        ({"windows": ((1.0, 2.0), (2.0, 1.0))}, False),
        ({"duration": None}, False),
        ({"sentence": "?"}, False),
    ],
)
def test_what_can_be_learnt_from_is_usable(changes: dict[str, object], usable: bool) -> None:
    assert is_usable(row(**changes)) is usable
