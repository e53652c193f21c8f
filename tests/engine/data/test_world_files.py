"""The generated world as files: repeatable, true to its pixels, and all or nothing."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.world import VideosPerSplit, make_world
from mtkd_engine.data.world.cast import ACTIONS
from mtkd_engine.data.world.encoder import encode
from mtkd_engine.data.world.film import read_film
from mtkd_engine.data.world.script import FPS, FRAMES_PER_ROW

FEW = VideosPerSplit(train=5, val=1, test=2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world") / "little"
    make_world(out, videos=FEW, seed=3)
    return out


def videos_of(world: Path) -> dict[str, Any]:
    videos: dict[str, Any] = json.loads((world / "world.json").read_text())["videos"]
    return videos


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_world_is_a_good_dataset(world: Path) -> None:
    report = check_dataset(world)
    assert report["problems"] == []
    assert report["feature_width"] == 64
    splits = report["splits"]
    assert isinstance(splits, dict)
    assert {split: counts["videos"] for split, counts in splits.items()} == {"train": 5, "val": 1, "test": 2}


def test_the_same_seed_gives_the_same_bytes(world: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "again", videos=FEW, seed=3)
    assert digests(tmp_path / "again") == digests(world)


def test_another_seed_gives_another_world(world: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "other", videos=VideosPerSplit(1, 1, 1), seed=4)
    assert load_dataset(tmp_path / "other").content_hash != load_dataset(world).content_hash


def test_more_videos_leave_the_others_as_they_were(world: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "fewer", videos=VideosPerSplit(1, 1, 2), seed=3)
    fewer, whole = load_dataset(tmp_path / "fewer"), load_dataset(world)
    assert fewer.splits["test"] == whole.splits["test"]
    video = fewer.splits["train"][0].video_id
    assert np.array_equal(fewer.needed_features().load(video), whole.needed_features().load(video))


def test_features_are_what_the_encoder_makes_of_the_film(world: Path) -> None:
    features = load_dataset(world).needed_features()
    for video in videos_of(world):
        frames = read_film(world / "videos" / f"{video}.mp4")
        assert np.array_equal(features.load(video), encode(frames).astype(np.float32))
        assert features.length(video) == len(frames) // FRAMES_PER_ROW
        assert 40 <= features.length(video) <= 64


def test_annotated_windows_are_the_scripted_ones(world: Path) -> None:
    for samples in load_dataset(world).splits.values():
        for sample in samples:
            video, index = sample.sample_id.split("#")
            script = videos_of(world)[video]
            deed = script["deeds"][script["queries"][int(index)]["deed"]]
            assert sample.windows == ((deed["first"] / FPS, deed["last"] / FPS),)


def test_masks_change_inside_the_windows_and_nowhere_else(world: Path) -> None:
    for video, script in videos_of(world).items():
        truth = np.load(world / "truth" / f"{video}.npz")
        for index in range(len(script["actors"])):
            mask = truth["masks"] == index + 1
            changed = (mask[1:] != mask[:-1]).any(axis=(1, 2))
            allowed = np.zeros_like(changed)
            for deed in script["deeds"]:
                if deed["actor"] == index:
                    first, last = deed["first"], deed["last"]
                    allowed[first - 1 : last] = True
                    inside = changed[first - 1 : last]
                    assert inside.mean() > 0.2, deed
                    assert inside[:6].any(), deed
                    assert inside[-6:].any(), deed
            assert not (changed & ~allowed).any(), f"{video}: actor {index} moves while it rests"


def test_decoded_pixels_move_when_somebody_acts(world: Path) -> None:
    for video in videos_of(world):
        frames = read_film(world / "videos" / f"{video}.mp4").astype(np.int16)
        acting = np.load(world / "truth" / f"{video}.npz")["action"] > 0
        moved = (np.abs(np.diff(frames, axis=0)).max(axis=-1) > 60).sum(axis=(1, 2))
        busy = acting[1:] & acting[:-1]
        calm = ~acting[1:] & ~acting[:-1]
        assert moved[busy].mean() > 5 * (moved[calm].mean() + 0.1), video


def test_truth_names_an_action_for_each_deed_and_where_people_look(world: Path) -> None:
    for video, script in videos_of(world).items():
        truth = np.load(world / "truth" / f"{video}.npz")
        frames = len(truth["masks"])
        assert truth["action"].shape == (frames,)
        assert truth["gaze"].shape[0] == frames
        assert truth["gaze"].min() >= 0
        assert truth["gaze"].max() <= 63
        for deed in script["deeds"]:
            first, last = deed["first"], deed["last"]
            assert (truth["action"][first:last] == 1 + ACTIONS.index(deed["action"])).all()


def test_eyes_follow_who_acts(world: Path) -> None:
    on_actor = []
    for video, script in videos_of(world).items():
        truth = np.load(world / "truth" / f"{video}.npz")
        for deed in script["deeds"]:
            for frame in range(deed["first"], deed["last"]):
                rows, columns = np.nonzero(truth["masks"][frame] == deed["actor"] + 1)
                if len(rows):
                    gap = np.hypot(
                        columns[:, None] - truth["gaze"][frame, :, 0],
                        rows[:, None] - truth["gaze"][frame, :, 1],
                    )
                    on_actor.extend(gap.min(axis=0) < 4)
    assert np.mean(on_actor) > 0.8


def test_a_total_is_shared_between_the_splits() -> None:
    assert VideosPerSplit.of(360) == VideosPerSplit(train=240, val=40, test=80)
    assert VideosPerSplit.of(4) == VideosPerSplit(train=2, val=1, test=1)


@pytest.mark.parametrize(
    ("videos", "seed", "named"),
    [(3, 7, "videos is"), (VideosPerSplit(1, 0, 1), 7, "'val': 0"), (9, -1, "seed is -1")],
)
def test_a_world_that_cannot_be_is_refused(
    tmp_path: Path, videos: VideosPerSplit | int, seed: int, named: str
) -> None:
    with pytest.raises(DataError, match=named):
        make_world(tmp_path / "no", videos=videos, seed=seed)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="already holds"):
        make_world(tmp_path, videos=4)
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_an_interrupted_world_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_world(tmp_path / "half", videos=4, progress=interrupt)
    assert not list(tmp_path.iterdir())
