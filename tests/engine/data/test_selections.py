from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data import selections as reading
from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.selections import Selection, read_selection, select
from mtkd_engine.sources import Sources, selections_of
from mtkd_engine.spec import SpecError, parse


def sample(name: str, source: str) -> Sample:
    return Sample(
        sample_id=name,
        source_id=source,
        video_id=source,
        duration=10.0,
        windows=((1.0, 4.0),),
        sentence=f"{name} happens",
    )


@pytest.fixture
def whole() -> Dataset:
    """Two sentences on each of ten sources: six for train, two for val, two for test."""
    rows = [sample(f"s{source}#{place}", f"s{source}") for source in range(10) for place in range(2)]
    splits = {"train": tuple(rows[:12]), "val": tuple(rows[12:16]), "test": tuple(rows[16:])}
    return Dataset(name="ten", task="grounding", splits=splits)


def ids(dataset: Dataset, split: str) -> list[str]:
    return [sample.sample_id for sample in dataset.splits[split]]


def test_without_selections_it_is_the_same_dataset(whole: Dataset) -> None:
    assert select(whole) is whole
    assert whole.whole_hash == whole.content_hash


def test_what_is_left_out_is_in_no_split(whole: Dataset) -> None:
    gone = ("s0#0", "s6#1", "s9#0")
    part = select(whole, leave_out=[Selection("a", gone[:2]), Selection("b", gone[1:])])
    assert not set(gone) & {name for split in part.splits for name in ids(part, split)}
    assert [len(part.splits[split]) for split in ("train", "val", "test")] == [11, 3, 3]
    assert part.moved_to_test == frozenset()


def test_what_is_tested_on_takes_its_sources_out_of_train_and_val(whole: Dataset) -> None:
    part = select(whole, test_on=Selection("hard", ("s6#0", "s1#1", "s8#0")))
    assert ids(part, "test") == ["s1#1", "s6#0", "s8#0"]
    assert not {"s1", "s6"} & {s.source_id for split in ("train", "val") for s in part.splits[split]}
    assert (len(part.splits["train"]), len(part.splits["val"])) == (10, 2)
    assert part.moved_to_test == {"s1#1", "s6#0"}


def test_what_is_left_out_is_not_tested_on_either(whole: Dataset) -> None:
    part = select(whole, leave_out=[Selection("bad", ("s1#0",))], test_on=Selection("hard", ("s1#0", "s2#0")))
    assert ids(part, "test") == ["s2#0"]
    assert "s1#1" in ids(part, "train")


def test_a_part_has_a_hash_of_its_own_and_knows_the_whole(whole: Dataset) -> None:
    part = select(whole, leave_out=[Selection("a", ("s0#0",))])
    again = select(whole, leave_out=[Selection("other name", ("s0#0",))])
    assert part.content_hash == again.content_hash != whole.content_hash
    assert part.selected_from == part.whole_hash == whole.content_hash
    assert select(part, leave_out=[Selection("b", ("s0#1",))]).whole_hash == whole.content_hash


def test_ids_of_another_dataset_are_refused_by_name(whole: Dataset) -> None:
    with pytest.raises(DataError, match=r"selection 'mine': 2 of its 3 ids are none of dataset 'ten'.*'x'"):
        select(whole, leave_out=[Selection("mine", ("s0#0", "x", "y"))])
    with pytest.raises(DataError, match="'x'"):
        select(whole, test_on=Selection("mine", ("x",)))


@pytest.mark.parametrize(
    ("leave_out", "test_on", "told"),
    [
        (("s8#0", "s8#1", "s9#0", "s9#1"), None, "without 'a' has no samples left in test"),
        (None, tuple(f"s{n}#0" for n in range(8)), "tested on 'b' has no samples left in train and val"),
        (("s3#0",), ("s3#0",), "without 'a' and tested on 'b' has no samples left in test"),
    ],
)
def test_a_split_that_becomes_empty_is_refused(
    whole: Dataset, leave_out: tuple[str, ...] | None, test_on: tuple[str, ...] | None, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        select(
            whole,
            leave_out=[Selection("a", leave_out)] if leave_out else [],
            test_on=Selection("b", test_on) if test_on else None,
        )


def test_a_selection_is_a_file_of_ids(tmp_path: Path) -> None:
    path = tmp_path / "hard.txt"
    path.write_bytes("a b\r\nصورة\u2028x\n\na b\n".encode())
    assert read_selection(path, name="hard").ids == ("a b", "صورة\u2028x")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe", b"a\nb\nc"])
def test_a_file_that_is_no_selection_is_refused(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_IDS", 2)
    path = tmp_path / "hard.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match="selection 'hard': "):
        read_selection(path, name="hard")
    with pytest.raises(DataError, match="cannot be read"):
        read_selection(tmp_path / "nowhere", name="hard")


def test_names_of_selections_lead_to_files(tmp_path: Path) -> None:
    for name in ("bad", "world"):
        (tmp_path / name).write_text("x\n")
    spec = parse({"data": {"dataset": "world", "leave_out": ["bad", "worse"], "test_on": "bad"}})
    assert selections_of(spec) == ["bad", "worse"]
    (tmp_path / "sources.json").write_text('{"selections": {"worse": "bad"}}')
    found = Sources.from_file(tmp_path / "sources.json").of(spec)
    assert found.selections == {"bad": tmp_path / "bad", "worse": tmp_path / "bad"}
    (tmp_path / "again.json").write_text(found.to_json())
    assert Sources.from_file(tmp_path / "again.json").selections == found.selections
    with pytest.raises(SpecError, match=r"data.leave_out or data.test_on: given 'worse'"):
        Sources(base=tmp_path).of(spec)
