"""Lists of two datasets as their makers publish them, and tables with a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.errors import DataError
from tests.engine.data.clips.doubles import CLASSES, SPLITS, clip, labels, told, videos, write

pytestmark = pytest.mark.usefixtures("pretend")


def test_the_official_lists_of_ucf101(tmp_path: Path) -> None:
    names = {c: [f"{c}/v_{c}_g{g:02}_c01.avi" for g in range(1, 7)] for c in ("Archery", "Biking")}
    folder = write(tmp_path / "set", {f"UCF-101/{n}": clip(hash(n) % 10**6) for c in names for n in names[c]})
    write(folder, {"lists/classInd.txt": "1 Archery\r\n2 Biking\r\n"})
    for n in (1, 2):
        write(
            folder,
            {
                f"lists/trainlist0{n}.txt": "".join(
                    f"{name} {i}\n" for i, c in enumerate(names, 1) for name in names[c][1:]
                ),
                f"lists/testlist0{n}.txt": "".join(f"{name}\n" for c in names for name in names[c][:1]),
            },
        )
    handed = find_clips([folder], name="set")
    assert (handed.format, handed.classes, len(handed.rows)) == ("ucf101", ("Archery", "Biking"), 12)
    assert labels(handed)["Biking/v_Biking_g01_c01.avi"] == ("test", "Biking")
    assert set(told(handed)) == {"first_division"}
    dataset = load_clips(folder)
    groups = {split: {sample.source_id for sample in dataset.splits[split]} for split in SPLITS}
    assert groups["test"] == {"v_Archery_g01", "v_Biking_g01"}
    assert len(groups["val"]) == 2
    assert not groups["val"] & groups["train"]


def test_a_number_of_ucf101_that_is_not_that_of_its_folder_is_told(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set")
    write(
        folder,
        {"classInd.txt": "1 jump\n2 run\n", "trainlist01.txt": "jump/j0.avi 1\nrun/r0.avi 1\nr.avi 1\nx\n"},
    )
    assert told(find_clips([folder], name="set"))["unreadable_rows"] == [
        "run/r0.avi: its number is 1, that of run is 2",
        "r.avi: it lies in no folder of a class",
        "'x' is no video with a number",
    ]
    write(folder, {"classInd.txt": "0 jump\n1 run\n"})
    with pytest.raises(DataError, match=r"classInd\.txt, row 1: given '0 jump', accepted is the number 1"):
        find_clips([folder], name="set")


def test_the_official_lists_of_hmdb51(tmp_path: Path) -> None:
    name = "{film}_{label}_u_nm_np1_ba_goo_{n}.avi"
    films = [
        (c, film, n)
        for c in ("brush_hair", "cartwheel")
        for film in ("April_09", "Ball_10", "Cup_11")
        for n in (0, 1)
    ]
    names = {(c, film, n): name.format(film=film, label=c, n=n) for c, film, n in films}
    folder = write(
        tmp_path / "set", {f"videos/{c}/{names[c, f, n]}": clip(i) for i, (c, f, n) in enumerate(films)}
    )
    flags = {"April_09": 1, "Ball_10": 2, "Cup_11": 0}
    for c in ("brush_hair", "cartwheel"):
        rows = "".join(f"{names[key]} {flags[key[1]]} \n" for key in films if key[0] == c)
        write(folder, {f"splits/{c}_test_split1.txt": rows, f"splits/{c}_test_split2.txt": "wrong\n"})
    handed = find_clips([folder], name="set")
    assert (handed.format, handed.classes) == ("hmdb51", ("brush_hair", "cartwheel"))
    assert [row.split for row in handed.rows] == ["train", "train", "test", "test"] * 2
    assert {row.source_id for row in handed.rows} == {"April_09", "Ball_10"}
    assert {code: len(said) for code, said in told(handed).items()} == {
        "first_division": 1,
        "unused_rows": 4,
    }


def test_a_table_with_a_header_names_sources_and_splits(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set", base="clips/")
    rows = [
        f"{c}/{c[0]}{n}.avi,{c},film{n},{split}"
        for c in CLASSES
        for n, split in enumerate(("train", "train", "valid", "test"))
    ]
    write(
        folder,
        {"clips.csv": "File,Label,group,split\n" + "\n".join(rows), "notes.csv": "video,label\nx,walk\n"},
    )
    handed = find_clips([folder], name="set")
    assert (handed.format, len(handed.rows)) == ("clip_table", 8)
    assert labels(handed)["run/r2.avi"] == ("val", "run")
    assert handed.rows[3].source_id == "film3"
    assert (handed.rows[3].file, handed.rows[3].line) == ("clips.csv", 5)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",run,a,train", "it names no file"),
        ("run/r0.avi,,a,train", "run/r0.avi: it has no label"),
        ("run/r0.avi,run,a,dev", "run/r0.avi: its split is 'dev'; train, val and test are accepted"),
        ("run/r0.avi,run,a", "run/r0.avi: its split is None; train, val and test are accepted"),
        (f"run/r0.avi,run,{'x' * 301},train", "run/r0.avi: its id or source is"),
    ],
)
def test_rows_of_a_table_that_say_nothing_are_told(tmp_path: Path, row: str, said: str) -> None:
    folder = videos(tmp_path / "set")
    write(folder, {"clips.csv": f"file,label,source,split\njump/j0.avi,jump,b,train\n{row}\n"})
    (said_of_it,) = told(find_clips([folder], name="set"))["unreadable_rows"]
    assert said_of_it.startswith(said)
