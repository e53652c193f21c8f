"""Missing splits are made by source, repeatably, and what is given stays."""

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.rows import Row
from mtkd_engine.data.split import Divided, divide, hold_out_sources

from .rowmaker import found, row


def rows_of(split: str | None, sources: int, *, per_source: int = 3) -> list[Row]:
    return [
        row(0, split=split, video_id=f"{split}-{source}-{cut}", source_id=f"{split}-{source}")
        for source in range(sources)
        for cut in range(per_source)
    ]


def divided(rows: list[Row]) -> tuple[Divided, set[str]]:
    log = ProblemLog()
    return divide(rows, log), set(found(log))


def sources_of(rows: list[Row], split: str) -> set[str]:
    return {row.source for row in rows if row.split == split}


def test_whole_splits_stay_as_they_are() -> None:
    rows = rows_of("train", 4) + rows_of("val", 2) + rows_of("test", 2)
    assert divided(rows) == (Divided(rows, frozenset()), set())


def test_without_any_split_sources_are_divided_70_15_15() -> None:
    rows = rows_of(None, 100)
    result, codes = divided(rows)
    assert codes == {"split_made"}
    assert result.made == {"train", "val", "test"}
    sizes = {split: len(sources_of(result.rows, split)) for split in ("train", "val", "test")}
    assert sizes == {"train": 70, "val": 15, "test": 15}
    assert not sources_of(result.rows, "train") & sources_of(result.rows, "test")
    assert [row.sample_id for row in result.rows] == [row.sample_id for row in rows]
    assert divided(rows)[0] == result


def test_a_lone_val_is_divided_anew_as_nothing_could_be_learnt() -> None:
    result, codes = divided(rows_of("val", 20))
    assert codes == {"split_made"}
    assert {row.split for row in result.rows} == {"train", "val", "test"}


def test_val_is_set_aside_by_the_sources_of_train_alone() -> None:
    rows = rows_of("train", 20) + rows_of("test", 5)
    result, codes = divided(rows)
    assert codes == {"val_made"}
    assert sources_of(result.rows, "val") == hold_out_sources({row.source for row in rows_of("train", 20)})
    assert sources_of(result.rows, "test") == sources_of(rows, "test")


def test_test_is_set_aside_where_it_is_missing() -> None:
    result, codes = divided(rows_of("train", 20) + rows_of("val", 3))
    assert codes == {"test_made"}
    assert len(sources_of(result.rows, "test")) == 3
    assert len(sources_of(result.rows, "val")) == 3


def test_val_and_test_are_both_set_aside_from_train() -> None:
    result, codes = divided(rows_of("train", 40))
    assert codes == {"val_made", "test_made"}
    assert len(sources_of(result.rows, "val")) == len(sources_of(result.rows, "test")) == 6


def test_three_sources_are_enough_for_three_splits_and_two_are_not() -> None:
    assert {row.split for row in divided(rows_of(None, 3))[0].rows} == {"train", "val", "test"}
    rows = rows_of(None, 2)
    result, codes = divided(rows)
    assert codes == {"too_few_sources"}
    assert result.rows == rows
