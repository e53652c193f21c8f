"""Real videos and real sets: what is sealed are streams of our own, with the motion that they hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.data.clips.check.checking import check_clips
from mtkd_engine.data.clips.dataset import ClipDataset, FeatureDataset
from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from mtkd_engine.data.labelled.check.checking import Checking
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.video.streams import decoded
from mtkd_engine.data.video.vectors import vector_grid
from tests.engine.data.clips.doubles import SPLITS, film, write
from tests.real_data import FOLDER

UCF101_15, SURV_FIGHT = FOLDER / "ucf101_15", FOLDER / "surv_fight"


def asked(seal: Path, work: Path | None = None, accept: list[str] | None = None) -> Checking:
    return Checking(accept=accept, seal=seal, work=work, progress=Progress())


def here(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not folder.is_dir(), reason=f"the real set {folder.name} is not at {folder}")


def test_videos_and_raw_frames_are_sealed_as_streams(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for number, split in enumerate(SPLITS):
        film(folder / split / "run" / "a.mp4", seed=number + 1, frames=17)
        film(folder / split / "jump" / "b.mp4", seed=number + 11, frames=20)
    write(folder, {"train/run/broken.mp4": b"no video at all"})
    report = check_clips([folder], name="set", asked=asked(tmp_path / "sealed", accept=["drop_clips"]))
    assert {problem["code"] for problem in report["problems"]} == {"refused_clips"}
    sealed = load_clips(tmp_path / "sealed")
    assert isinstance(sealed, ClipDataset)
    place = sealed.splits["test"][1].place
    assert (sealed.clips.frames(place), sealed.clips.gops(place)) == (17, (0, 12))
    assert decoded(sealed.clips.stream(place), [0, 16]).shape == (2, 256, 340, 3)
    grid = sealed.clips.grid(place)
    assert np.array_equal(grid, vector_grid(sealed.clips.stream(place)))
    assert grid[5].any()
    assert not grid[[0, 12]].any()


def test_raw_frames_become_streams(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for clip in range(6):
        pixels = np.random.default_rng(clip).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        for number in range(1, 17):
            target = folder / "frames" / f"c{clip}" / f"img_{number:05d}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.roll(pixels, number, axis=1)).save(target)
    for number, split in enumerate(SPLITS):
        write(folder, {f"{split}.txt": "".join(f"c{2 * number + label} 16 {label}\n" for label in (0, 1))})
    dataset = load_clips(folder)
    assert isinstance(dataset, ClipDataset)
    assert [dataset.clips.frames(sample.place) for sample in dataset.splits["train"]] == [16, 16]


@pytest.mark.parametrize("form", ["videos", "features"])
def test_the_generated_world_is_read(tmp_path: Path, form: str) -> None:
    make_clips(tmp_path / "w", clips=ClipsPerSplit(6, 3, 3), frames=16, form=form)
    report = check_clips([tmp_path / "w"], name="w", asked=asked(tmp_path / "sealed"))
    assert (report["sealed"], report["problems"]) == (True, [])
    dataset = load_clips(tmp_path / "sealed")
    assert {split: len(dataset.splits[split]) for split in SPLITS} == {"train": 6, "val": 3, "test": 3}
    assert len({sample.source_id for sample in dataset.splits["train"]}) == 2


@here(UCF101_15)
def test_features_of_ucf101(tmp_path: Path) -> None:
    repairs = ["drop_shared", "drop_duplicates"]
    report = check_clips([UCF101_15], name="ucf", asked=asked(tmp_path / "sealed", accept=repairs))
    counts = {problem["code"]: problem["count"] for problem in report["problems"]}
    assert counts == {"shared_clips": 1, "duplicate_clips": 11, "val_made": 1}
    assert (len(report["classes"]), report["feature_width"], report["longest"]) == (15, 256, 25)
    dataset = load_clips(tmp_path / "sealed")
    assert isinstance(dataset, FeatureDataset)
    assert sum(map(len, dataset.splits.values())) == 2010 - 12
    assert dataset.features.rows([0, 7])[0].shape == (2, 25, 256)


@here(SURV_FIGHT)
@pytest.mark.slow
def test_real_clips_of_fights(tmp_path: Path) -> None:
    handed = find_clips([SURV_FIGHT], name="fight")
    assert (handed.format, handed.classes) == ("clip_table", ("fight", "noFight"))
    assert sum(row.split == "test" for row in handed.rows) == 41
    some = tmp_path / "some"
    (some / "clips").mkdir(parents=True)
    header, *lines = (SURV_FIGHT / "clips.csv").read_text().splitlines()
    (some / "clips.csv").write_text("\n".join([header, *lines[::6], ""]))
    for line in lines[::6]:
        name = next(part for part in line.split(",") if part.endswith(".mp4"))
        shutil.copy(SURV_FIGHT / "clips" / Path(name).name, some / "clips")
    report = check_clips([some], name="fight", asked=asked(tmp_path / "sealed", tmp_path / "work"))
    assert {problem["code"] for problem in report["problems"]} == {"val_made"}
    dataset = load_clips(tmp_path / "sealed")
    sources = [{sample.source_id for sample in dataset.splits[split]} for split in SPLITS]
    assert sum(map(len, sources)) == len(set().union(*sources)) == 16
