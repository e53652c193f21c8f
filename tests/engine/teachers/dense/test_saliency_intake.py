"""`check teacher` for saliency networks, on pictures and on videos."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze, make_gaze_videos
from mtkd_engine.modelfile import ModelError
from mtkd_engine.predictions.outcomes import read_outcomes
from mtkd_engine.spec import SaliencyCard
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.dense.load import load_dense_teachers
from tests.engine.teachers.dense.conftest import PYRAMID, READS, Saved

FILM = {"kind": "film", "frames": 4, "height": 16, "width": 24}
OF_PICTURES = SaliencyCard.model_validate({"net": PYRAMID, "input": READS})
OF_FILMS = SaliencyCard.model_validate(
    {"net": {"family": "conv3d_maps", "width": 4, "stages": 2}, "input": FILM}
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few pictures and where people looked."""
    folder = tmp_path_factory.mktemp("worlds") / "looks"
    make_gaze(folder, pictures=LookedAtPerSplit(4, 3, 3), size=16)
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short videos for each split and where people looked."""
    folder = tmp_path_factory.mktemp("worlds") / "films"
    make_gaze_videos(folder, videos=LookedAtPerSplit(3, 3, 3), frames=8)
    return folder


def test_a_network_of_pictures_is_measured_where_people_looked(
    pictures: Path, saved: Saved, tmp_path: Path
) -> None:
    outcomes = tmp_path / "outcomes.parquet"
    report = check_teacher(saved(card=OF_PICTURES), dataset=pictures, outcomes=outcomes)
    quality = report["quality"]
    assert (report["task"], quality["primary"], quality["samples"]) == ("saliency", "cc", 3)
    assert {"cc", "nss", "sim", "kld"} <= quality["metrics"].keys()
    assert quality["blind"]["cc"] > quality["metrics"]["cc"]
    assert "below_blind" in [problem["code"] for problem in report["problems"]]
    assert len(read_outcomes(outcomes)) == 6


@pytest.mark.parametrize("card", [OF_FILMS, OF_PICTURES], ids=["films", "pictures"])
def test_videos_are_seen_in_windows_or_frame_by_frame(
    card: SaliencyCard, films: Path, saved: Saved, tmp_path: Path
) -> None:
    file, outcomes = saved(card=card), tmp_path / "outcomes.parquet"
    quality = check_teacher(file, dataset=films, outcomes=outcomes)["quality"]
    assert quality["samples"] >= 3
    assert -1 <= quality["metrics"]["cc"] <= 1
    assert len(read_outcomes(outcomes)) == sum(told["samples"] for told in quality["splits"].values())
    (teacher,) = load_dense_teachers({"a": file}, dataset=load_dense_dataset(films))
    assert teacher.card == card


def test_a_network_of_films_is_refused_on_pictures(pictures: Path, saved: Saved) -> None:
    with pytest.raises(ModelError, match="reads frames of videos, and what is there are pictures"):
        check_teacher(saved(card=OF_FILMS), dataset=pictures)
