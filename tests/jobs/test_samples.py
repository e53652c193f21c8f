from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from jobs.models import Blob, Dataset, Project, StoredFile
from jobs.queries import samples as reading
from jobs.queries.samples import (
    SampleFiles,
    list_samples,
    read_samples,
    samples_after,
    samples_of_video,
    video_of,
)
from jobs.storage import previews
from jobs.storage.blobs import StorageError, local_path
from jobs.storage.previews import sample_files
from tests.sealed_double import Row, counts, keep_sealed, sample_row, write_sealed

ODD = 'الشخص يفتح الباب 🚪 <b>Straße</b> "quoted" ends'


@pytest.fixture
def rows() -> list[Row]:
    rows = [sample_row(number) for number in range(200)]
    rows += [sample_row(number, split="val") for number in range(200, 230)]
    rows += [sample_row(number, split="test") for number in range(230, 240)]
    rows[7]["sentence"] = ODD
    return rows


@pytest.fixture
def folder(tmp_path: Path, rows: list[Row]) -> Path:
    return write_sealed(tmp_path / "sealed", rows, files={"v3": "videos/v3.mp4"})


@pytest.fixture
def files(folder: Path, rows: list[Row]) -> SampleFiles:
    return SampleFiles(
        samples=folder / "samples.jsonl",
        index=folder / "samples.idx",
        videos=folder / "videos.json",
        strips=folder / "strips.npy",
        splits={split: count["samples"] for split, count in counts(rows).items()},
    )


def test_a_page_is_read_by_its_offsets(files: SampleFiles) -> None:
    found = list_samples(files, skip=100, limit=50)
    assert [sample.row for sample in found.samples] == list(range(100, 150))
    assert found.samples[0].id == "v50#0"
    assert found.samples[0].windows == ((0.0, 4.5),)
    assert (found.total, found.is_cut) == (240, False)


def test_a_split_has_its_own_pages_and_rows_of_the_whole(files: SampleFiles) -> None:
    found = list_samples(files, split="test")
    assert [sample.row for sample in found.samples] == list(range(230, 240))
    assert {sample.split for sample in found.samples} == {"test"}
    assert list_samples(files, split="val", skip=1000).samples == []


@pytest.mark.parametrize("text", ["الباب", "🚪", "<B>", "STRAßE", '"quoted" E', "  ends "])
def test_a_search_finds_any_letters_in_either_case(files: SampleFiles, text: str) -> None:
    assert [sample.row for sample in list_samples(files, text=text).samples] == [7]


def test_a_search_looks_at_sentences_ids_and_videos_but_not_at_keys(files: SampleFiles) -> None:
    assert list_samples(files, text="v50#1").total == 1
    assert list_samples(files, text="V50").total == 2
    assert list_samples(files, text="person 2").total == 51
    assert list_samples(files, text="person 2", split="test").total == 10
    assert list_samples(files, text="duration").total == 0
    assert list_samples(files, text="nobody").samples == []


def test_a_search_ends_somewhere_and_says_so(files: SampleFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SEARCHED", 100)
    found = list_samples(files, text="opens")
    assert (found.total, found.is_cut) == (99, True)
    first, go_on = samples_after(files, after=-1, text="person 15", limit=50)
    assert (first[0].row, len(first), go_on) == (15, 1, 99)
    second, go_on = samples_after(files, after=99, text="person 15", limit=50)
    assert (second[0].row, len(second), go_on) == (150, 10, 199)


def test_pages_behind_a_row_join_without_gaps(files: SampleFiles) -> None:
    seen, after = [], -1
    while True:
        found, go_on = samples_after(files, after=after, split="val", text="person 2", limit=7)
        seen += [sample.row for sample in found]
        if go_on is None:
            break
        after = go_on
    assert seen == list(range(200, 230))


def test_the_other_sentences_of_a_video_are_found(files: SampleFiles) -> None:
    assert [sample.id for sample in samples_of_video(files, "v3")] == ["v3#0", "v3#1"]
    assert samples_of_video(files, "v") == []


def test_a_video_has_its_strip_and_its_file(files: SampleFiles, folder: Path) -> None:
    strip, file = video_of(files, "v3")
    assert file == "videos/v3.mp4"
    assert strip is not None
    assert np.array_equal(strip, np.load(folder / "strips.npy")[3])
    assert video_of(files, "v4")[1] == ""
    assert video_of(files, "nowhere") == (None, "")


def test_one_line_is_read_and_not_the_file(files: SampleFiles, folder: Path) -> None:
    whole = (folder / "samples.jsonl").read_bytes()
    start, end = np.fromfile(folder / "samples.idx", "<u8")[[150, 151]]
    (folder / "samples.jsonl").write_bytes(b"x" * int(start) + whole[int(start) : int(end)] + b"x" * 9)
    assert read_samples(files, [150])[0].sentence == "person 150 opens the door"


@pytest.fixture
def dataset(project: Project, folder: Path, rows: list[Row]) -> Dataset:
    return keep_sealed(project, folder, rows)


def test_files_of_a_dataset_are_fetched_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sample_files(dataset)
    assert files is not None
    assert read_samples(files, [239])[0].split == "test"
    monkeypatch.setattr(previews, "fetch", lambda blob, target: pytest.fail("fetched again"))
    assert sample_files(dataset) == files


def test_a_changed_copy_is_fetched_again_and_a_changed_original_refused(dataset: Dataset) -> None:
    files = sample_files(dataset)
    assert files is not None
    files.samples.unlink()
    files.samples.write_bytes(b"others")
    again = sample_files(dataset)
    assert again is not None
    assert read_samples(again, [0])[0].row == 0
    stored = local_path(dataset.files.get(name="samples.jsonl").blob)
    assert stored is not None
    stored.write_bytes(b"spoilt")
    with pytest.raises(StorageError, match="changed"):
        sample_files(dataset)


def test_copies_of_deleted_files_go_with_the_next_fetch(
    dataset: Dataset, project: Project, tmp_path: Path, rows: list[Row]
) -> None:
    files = sample_files(dataset)
    assert files is not None
    StoredFile.objects.filter(dataset=dataset).delete()
    Blob.objects.filter(pk=files.samples.name).delete()
    other = write_sealed(tmp_path / "other", rows[:2])
    sample_files(keep_sealed(project, other, rows[:2], name="other"))
    assert not files.samples.exists()
    assert (Path(settings.MTKD_HOME) / "cache" / "previews").is_dir()


def test_a_dataset_sealed_without_samples_has_none(project: Project) -> None:
    old = Dataset.objects.create(project=project, name="old", content_hash="o" * 64)
    assert sample_files(old) is None


def test_an_index_that_does_not_fit_is_refused(dataset: Dataset) -> None:
    dataset.report = {"splits": {"train": {"samples": 241}}}
    with pytest.raises(StorageError, match="does not fit"):
        sample_files(dataset)
