from __future__ import annotations

import io
import math
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from jobs.models import Artifact, Attempt, Blob, Job
from jobs.queries.inspect.counts import BINS, weight_spreads
from jobs.queries.inspect.exports import export
from jobs.queries.inspect.filters import Range, Wanted, find_rows, neighbours
from jobs.queries.inspect.table import PER_SAMPLE, Table
from jobs.queries.inspect.training import WEIGHTS, weights_over_training
from jobs.storage import tables
from jobs.storage.blobs import StorageError, keep_file, local_path
from jobs.storage.tables import Columns, per_sample_table, weights_course
from tests.inspected import NAMES, columns_of, files_of, parquet, table_of, weights_parquet
from tests.jobs.conftest import MakeJob
from tests.sealed_double import sample_row

ROWS = [sample_row(number, split=("train", "val", "test")[number % 3]) for number in range(60)]
LAST = NAMES[2]


@pytest.fixture
def table() -> Table:
    return table_of(columns_of(ROWS))


def found(table: Table, **wanted: Any) -> list[int]:
    return find_rows(table, Wanted(**wanted)).tolist()


def test_a_table_says_what_it_has(table: Table) -> None:
    assert table.teachers == NAMES
    assert table.quantities[:3] == ("disagreement", "entropy", "student_iou")
    assert f"{LAST}/weight" in table.quantities
    assert table.values_of("split") == ["test", "train", "val"]


def test_tables_of_older_jobs_offer_what_they_have() -> None:
    columns = columns_of(ROWS, solo=False)
    for name in ("source_id", "disagreement", "leading", "student_score", *(f"{t}/score" for t in NAMES)):
        del columns[name]
    older = table_of(columns)
    assert not {"disagreement", "gain", "span/score"} & set(older.quantities)
    assert found(older, source="V2") == [4, 5, *range(40, 60)]
    alone = table_of(columns_of(ROWS, teachers=()))
    assert (alone.teachers, weight_spreads(alone, find_rows(alone, Wanted()))) == ((), [])


def test_filters_narrow_together(table: Table) -> None:
    assert found(table, split="val") == list(range(1, 60, 3))
    assert found(table, text="PERSON 1", split="val") == [1, 10, 13, 16, 19]
    assert found(table, source="v29") == [58, 59]
    assert found(table, text="nobody") == []
    leading = table.read("leading").to_pylist()
    assert found(table, leading=LAST) == [row for row in range(60) if leading[row] == LAST]


def test_ranges_hold_their_bounds(table: Table) -> None:
    half = Range(column="student_iou", low=0.5)
    assert found(table, ranges=(half,)) == list(range(30, 60))
    assert found(table, ranges=(half, Range(column="gain", high=0.25))) == [30]
    weights = table.numbers(f"{LAST}/weight")
    wanted = Range(column=f"{LAST}/weight", low=0.2, high=0.4)
    assert found(table, ranges=(wanted,)) == np.flatnonzero((weights >= 0.2) & (weights <= 0.4)).tolist()


def test_the_three_samples_where_teachers_disagree_most_come_first(table: Table) -> None:
    values = table.numbers("disagreement")
    first = found(table, sort="disagreement", descending=True)[:3]
    assert sorted(values[first].tolist(), reverse=True) == sorted(values.tolist(), reverse=True)[:3]
    assert found(table, sort="student_iou")[:2] == [0, 1]
    assert found(table, descending=True)[0] == 59


def test_what_is_not_known_comes_last_and_fits_no_range() -> None:
    columns = columns_of(ROWS)
    columns["gain"][5], columns["gain"][6] = math.nan, None
    odd = table_of(columns)
    for descending in (False, True):
        assert set(found(odd, sort="gain", descending=descending)[-2:]) == {5, 6}
    assert not {5, 6} & set(found(odd, ranges=(Range(column="gain", low=-9.0),)))
    assert odd.take("gain", [5, 6, 7]) == [None, None, 7 / 60 - 0.25]


def test_equals_stay_in_their_order(table: Table) -> None:
    assert found(table, sort="solo_iou", descending=True) == list(range(60))


def test_a_sample_knows_its_neighbours_among_what_was_found(table: Table) -> None:
    rows = find_rows(table, Wanted(split="val"))
    assert neighbours(rows, 1) == (None, 4, 0)
    assert neighbours(rows, 4) == (1, 7, 1)
    assert neighbours(rows, 58) == (55, None, 19)
    assert neighbours(rows, 0) == (None, None, None)


def test_weights_are_counted_over_what_was_found(table: Table) -> None:
    rows = find_rows(table, Wanted(split="test"))
    spreads = weight_spreads(table, rows)
    assert [spread.teacher for spread in spreads] == list(NAMES)
    for spread in spreads:
        values = table.numbers(f"{spread.teacher}/weight")[rows]
        assert spread.counts == tuple(np.histogram(values, bins=BINS, range=(0, 1))[0].tolist())
        assert spread.mean == pytest.approx(values.mean())
    assert sum(spread.leads for spread in spreads) == 20
    nothing = weight_spreads(table, find_rows(table, Wanted(text="nobody")))
    assert (nothing[0].mean, sum(nothing[0].counts)) == (None, 0)


def test_weights_beyond_their_bounds_are_counted_at_the_end() -> None:
    columns = columns_of(ROWS[:3])
    columns["span/weight"] = [math.nan, 1.0, 1.2]
    spread = weight_spreads(table_of(columns), np.arange(3))[0]
    assert spread.counts[-1] == sum(spread.counts) == 2


@pytest.mark.parametrize("at_once", [7, 5_000])
def test_both_files_hold_what_was_found_in_its_order(
    table: Table, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.queries.inspect.exports._AT_ONCE", at_once)
    rows = find_rows(table, Wanted(split="val", sort="student_iou", descending=True))
    written = pq.read_table(io.BytesIO(b"".join(export(table, rows, form="parquet"))))
    assert written.column("student_iou").to_pylist() == table.take("student_iou", rows)
    assert tuple(written.column_names) == table.names
    read = pa_csv.read_csv(io.BytesIO(b"".join(export(table, rows, form="csv"))))
    assert read.column("sample_id").to_pylist() == table.take("sample_id", rows)
    nothing = b"".join(export(table, rows[:0], form="csv"))
    assert nothing.decode().startswith('"sample_id","split"')
    assert pq.read_table(io.BytesIO(b"".join(export(table, rows[:0], form="parquet")))).num_rows == 0


def test_a_samples_weights_over_training_are_read_from_its_group_alone() -> None:
    file = pq.ParquetFile(io.BytesIO(weights_parquet([row["id"] for row in ROWS])))
    assert file.metadata.num_row_groups == 30
    course = weights_over_training(file, "v7#1")
    assert course is not None
    assert course.steps == (0, 10, 20, 30, 40)
    assert course.weights[LAST] == pytest.approx((0.3, 0.31, 0.32, 0.33, 0.34))
    assert weights_over_training(file, "nobody") is None
    assert weights_over_training(file, "") is None


@pytest.fixture
def left(make_job: MakeJob) -> Job:
    """A job that left both tables."""
    return keep(make_job(), files_of(ROWS))


def keep(job: Job, files: dict[str, bytes]) -> Job:
    from django.conf import settings

    attempt = Attempt.objects.create(job=job, number=1, fence=1)
    for name, content in files.items():
        path = settings.MTKD_HOME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        blob = keep_file(path)
        Artifact.objects.create(job=job, attempt=attempt, name=name, blob=blob, size=blob.size)
    return job


def test_the_footer_of_a_stored_table_is_read_once_and_the_rest_by_columns(
    left: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_columns", Columns(1 << 20))
    monkeypatch.setattr(tables, "_footers", OrderedDict())
    given: list[Any] = []

    def opened_with(source: Any, *, metadata: Any) -> Any:
        given.append(metadata)
        return whole(source, metadata=metadata)

    whole = pq.ParquetFile
    monkeypatch.setattr(pq, "ParquetFile", opened_with)
    opened = per_sample_table(left)
    assert opened is not None
    assert opened.rows == 60
    assert opened.numbers("gain")[3] == pytest.approx(3 / 60 - 0.25)
    assert [name for _, name in tables._columns._held] == ["gain"]
    again = per_sample_table(left)
    assert again is not None
    assert again.read("gain") is opened.read("gain")
    assert [footer is None for footer in given] == [True, False]
    assert weights_course(left, "v0#0") is not None


def test_many_may_read_a_stored_table_at_once(left: Job) -> None:
    """Threads that shared a reader ended the process, or found nothing where something was."""
    artifact = tables._artifact(left, WEIGHTS)
    assert artifact is not None
    readers = [tables._open(artifact) for _ in range(8)]
    assert len({id(file) for file in readers}) == len({id(file.reader) for file in readers}) == 8
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda file: [file.read(use_threads=False) for _ in range(50)], readers))
    assert all(table.equals(found[0][0]) for several in found for table in several)


def test_a_job_that_left_no_table_has_none(make_job: MakeJob) -> None:
    job = make_job()
    assert per_sample_table(job) is None
    assert weights_course(job, "v0#0") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PAR1 but nothing else", "no Parquet file"),
        (parquet({"split": ["train"]}), "no table of samples"),
    ],
)
def test_a_file_that_is_no_table_is_told(make_job: MakeJob, content: bytes, told: str) -> None:
    job = keep(make_job(), {PER_SAMPLE: content, WEIGHTS: b"nothing"})
    with pytest.raises(StorageError, match=told):
        per_sample_table(job)
    with pytest.raises(StorageError, match="no Parquet file"):
        weights_course(job, "v0#0")


def test_a_stored_table_that_changed_is_told(left: Job) -> None:
    stored = local_path(Blob.objects.get(artifacts__name=PER_SAMPLE))
    assert stored is not None
    assert per_sample_table(left) is not None
    stored.unlink()
    stored.write_bytes(b"spoilt")
    with pytest.raises(StorageError, match="was changed"):
        per_sample_table(left)


def test_words_may_be_packed_and_columns_empty(make_job: MakeJob) -> None:
    columns: dict[str, Any] = dict(columns_of(ROWS))
    columns["leading"] = pa.array(columns["leading"]).dictionary_encode()
    columns["sentence"] = pa.nulls(60)
    opened = per_sample_table(keep(make_job(), {PER_SAMPLE: parquet(columns)}))
    assert opened is not None
    assert found(opened, text="x") == []
    assert len(found(opened, leading="span")) == opened.read("leading").to_pylist().count("span")


def test_columns_go_when_there_are_too_many_bytes() -> None:
    held = Columns(2_000)
    arrays = {name: pa.array(np.arange(100.0)) for name in "abc"}
    for name in ("a", "b", "a", "c"):
        assert held.get(("x", name), lambda name=name: arrays[name]) is arrays[name]  # type: ignore[misc]
    assert [name for _, name in held._held] == ["a", "c"]
    assert held.bytes == sum(arrays[name].nbytes for name in "ac")
