"""Tables of jobs that classify, read without a database."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from jobs.comparisons.classes import count_confusion
from jobs.queries.inspect.classes import is_right, outcomes_in, participants, rightness
from jobs.queries.inspect.filters import Wanted, find_rows
from jobs.queries.inspect.probabilities import answers, probabilities_of
from jobs.queries.inspect.table import Table
from tests.classifying import CLASSES
from tests.inspected import columns_of, table_of
from tests.inspected_classes import TEACHERS, class_columns, images, probabilities_parquet
from tests.sealed_double import sample_row

COLUMNS = class_columns(images())


@pytest.fixture
def table() -> Table:
    return table_of(COLUMNS)


def test_a_table_of_classes_says_what_it_has(table: Table) -> None:
    assert table.teachers == TEACHERS
    assert participants(table)[:4] == ("student", "target", "solo", "teacher:big")
    assert len(outcomes_in(table)) == 7
    assert {"student_quality", "target_quality", "solo_quality", "big/quality"} <= set(table.quantities)


def test_what_cannot_be_told_is_not_offered() -> None:
    alone = table_of(class_columns(images(), teachers=(), solo=False))
    assert (participants(alone), outcomes_in(alone)) == (("student",), ())
    one = table_of(class_columns(images(), teachers=("big",), solo=False))
    assert outcomes_in(one) == ("despite", "unheeded", "nobody")
    grounding = table_of(columns_of([sample_row(0)]))
    assert (participants(grounding), rightness(grounding, find_rows(grounding, Wanted()))) == ((), [])


def test_nobody_is_right_where_a_class_is_missing() -> None:
    columns = class_columns(images(), teachers=(), solo=False)
    columns["student_class"][0] = None
    columns["label"][1] = None
    assert is_right(table_of(columns), "student")[:4].tolist() == [False, False, False, True]


def test_classes_of_a_sample_come_likeliest_first_from_any_group_of_rows(table: Table) -> None:
    for group in (7, 100_000):
        file = pq.ParquetFile(io.BytesIO(probabilities_parquet(COLUMNS, classes=CLASSES, group=group)))
        kept = probabilities_of(file, "i29")
        assert set(kept) == set(participants(table))
        assert kept["teacher:big"][0] == ("fox", pytest.approx(0.64))
        assert [len(classes) for classes in kept.values()] == [4] * 6
        assert probabilities_of(file, "nobody") == {}
    told = {one.who: one for one in answers(table, 29, kept)}
    assert (told["student"].said, told["student"].is_right) == ("fox", False)


def test_counts_of_a_split_leave_out_classes_that_do_not_occur(table: Table) -> None:
    counted = count_confusion(table, who="teacher:v1.2/odd", split="val", order=("owl", "cat", "horse"))
    assert counted is not None
    assert counted.classes == ("owl", "cat", "dog", "fox")
    assert counted.counts_CC.sum() == 24
    assert count_confusion(table, who="student", split="nowhere") is None
    assert count_confusion(table, who="teacher:nobody", split="") is None
