"""Repairs by name: rows in, rows out, nothing else touched."""

import math

import pytest

from mtkd_engine.data.annotations import find_problems
from mtkd_engine.data.check.problems import KINDS, ProblemLog, errors
from mtkd_engine.data.check.repairs import REPAIRS, apply_repairs, clip_windows, known_repairs
from mtkd_engine.data.errors import DataError
from tests.engine.data.rowmaker import row


def test_windows_are_cut_at_both_ends_and_others_left_alone() -> None:
    rows = [
        row(windows=((-1.0, 12.0), (3.0, 4.0))),
        row(1),
        row(2, windows=((5.0, 2.0), (8.0, 12.0))),
        row(3, duration=None, windows=((8.0, 1e9),)),
    ]
    clipped = clip_windows(rows)
    assert clipped[0].windows == ((0.0, 10.0), (3.0, 4.0))
    assert clipped[1:] == rows[1:]
    assert clip_windows(clipped) == clipped


def test_rows_that_cannot_be_used_are_left_out() -> None:
    good = row(), row(5, windows=((8.0, 12.0),))
    bad = (
        row(1, windows=((5.0, 2.0),)),
        row(2, sentence="!"),
        row(3, duration=None),
        row(4, windows=((math.nan, 2.0),)),
    )
    assert apply_repairs([*good, *bad], names=["drop_rows"]) == list(good)


def test_of_equal_rows_the_first_stays_with_its_id() -> None:
    rows = [row(), row(1, sentence="a person runs 0"), row(2)]
    assert apply_repairs(rows, names=["drop_duplicates"]) == [rows[0], rows[2]]


def test_train_gives_up_what_it_shares() -> None:
    rows = [row(), row(0, video_id="w"), row(0, split="test"), row(0, split="val", video_id="x")]
    assert apply_repairs(rows, names=["drop_shared"]) == rows[1:]


def test_videos_without_features_are_left_out_where_features_are_given() -> None:
    rows = [row(), row(0, video_id="w")]
    assert apply_repairs(rows, names=["drop_without_features"], featured=["w"]) == rows[1:]
    assert apply_repairs(rows, names=["drop_without_features"]) == rows


def test_the_order_of_names_does_not_matter() -> None:
    names = list(REPAIRS)
    rows = [
        row(windows=((1.0, 11.0),)),
        row(1, sentence="a person runs 0", windows=((1.0, 10.0),)),
        row(2, duration=None),
    ]
    assert len(apply_repairs(rows, names=names)) == 1
    assert apply_repairs(rows, names=names[::-1]) == apply_repairs(rows, names=names)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(DataError, match="accept: given 'fix_all', accepted are drop_rows, clip_windows"):
        known_repairs(["fix_all"])


def test_every_suggested_repair_exists() -> None:
    assert {kind.repair for kind in KINDS.values()} - {None} == set(REPAIRS)


@pytest.mark.parametrize(
    "window", [(5.0, 2.0), (-1.0, 3.0), (9.0, 99.0), (math.nan, 0.0), (-5.0, -1.0), (0.0, 0.0)]
)
def test_all_repairs_together_leave_no_error(window: tuple[float, float]) -> None:
    rows = [row(windows=(window,)), row(1, sentence="?"), row(2, duration=None), row(3), row(3)]
    log = ProblemLog()
    find_problems(apply_repairs(rows, names=list(REPAIRS)), log)
    assert not errors(log.problems())
