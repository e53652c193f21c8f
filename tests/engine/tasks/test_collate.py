"""From samples to tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtkd_engine.data.dataset import Sample
from mtkd_engine.spec import GroundingCard, Map2dNet
from mtkd_engine.tasks.grounding import collate
from mtkd_engine.tasks.grounding.collate import Collator, resample, soften


class Shelf:
    """Features in memory that count how often they are read."""

    def __init__(self, videos: dict[str, NDArray[np.float32]]) -> None:
        self.videos = videos
        self.width = next(iter(videos.values())).shape[1]
        self.reads = 0

    def load(self, video_id: str) -> NDArray[np.float32]:
        self.reads += 1
        return self.videos[video_id]


def sample(video_id: str, sentence: str = "a cat runs", **changes: object) -> Sample:
    fields: dict[str, object] = {
        "sample_id": f"{video_id}#0",
        "source_id": video_id,
        "video_id": video_id,
        "duration": 10.0,
        "windows": ((2.0, 6.0),),
        "sentence": sentence,
    }
    return Sample(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def shelf() -> Shelf:
    rng = np.random.default_rng(0)
    return Shelf(
        {
            "long": rng.standard_normal((23, 3)).astype(np.float32),
            "short": rng.standard_normal((2, 3)).astype(np.float32),
        }
    )


@pytest.fixture
def collator(shelf: Shelf) -> Collator:
    return Collator(vocabulary=["<pad>", "<unk>", "cat", "runs"], max_words=3, clips=5, features=shelf)


def test_long_videos_are_averaged_and_short_ones_kept(collator: Collator, shelf: Shelf) -> None:
    inputs = collator.inputs([sample("long"), sample("short")])
    assert inputs.features_BLD.shape == (2, 5, 3)
    assert inputs.clips_B.tolist() == [5, 2]
    torch.testing.assert_close(inputs.features_BLD[1, :2], torch.from_numpy(shelf.videos["short"]))
    assert not bool(inputs.features_BLD[1, 2:].any())


def test_resampling_keeps_the_time_weighted_mean(shelf: Shelf) -> None:
    rows_TD = torch.from_numpy(shelf.videos["long"])
    torch.testing.assert_close(resample(rows_TD, 5).mean(0), rows_TD.mean(0))


def test_resampling_by_a_whole_factor_averages_neighbours() -> None:
    rows_TD = torch.arange(6.0).unsqueeze(1)
    assert resample(rows_TD, 3).squeeze(1).tolist() == pytest.approx([0.5, 2.5, 4.5])


def test_words_are_looked_up_cut_and_never_absent(collator: Collator) -> None:
    inputs = collator.inputs([sample("short", "Cat runs, cat jumps!"), sample("short", "?!")])
    assert inputs.words_BW.tolist() == [[2, 3, 2], [1, 0, 0]]
    assert inputs.word_mask_BW.tolist() == [[True, True, True], [True, False, False]]


def test_targets_are_all_windows_and_a_sample_with_fewer_repeats_its_first(collator: Collator) -> None:
    targets = collator.targets(
        [sample("long", windows=((2.0, 6.0), (8.0, 10.0))), sample("long", windows=((0.0, 2.5),))]
    )
    assert (targets.start_BM.tolist(), targets.end_BM.tolist()) == ([[1, 4], [0, 0]], [[2, 4], [0, 0]])
    assert targets.windows_BM2.tolist() == [[[2.0, 6.0], [8.0, 10.0]], [[0.0, 2.5], [0.0, 2.5]]]
    assert targets.soft_start_BML[0].tolist() == [[0.25, 0.5, 0.25, 0, 0], [0, 0, 0, 0.25, 0.75]]
    assert targets.durations_B.tolist() == [10.0, 10.0]


def test_soft_labels_keep_their_mass_inside_the_video() -> None:
    soft_BL = soften(torch.tensor([0, 2, 3, 0]), clips_B=torch.tensor([4, 4, 4, 1]), length=5)
    assert soft_BL.tolist() == [
        [0.75, 0.25, 0.0, 0.0, 0.0],
        [0.0, 0.25, 0.5, 0.25, 0.0],
        [0.0, 0.0, 0.25, 0.75, 0.0],
        [1.0, 0.0, 0.0, 0.0, 0.0],
    ]


def test_a_video_is_read_once(collator: Collator, shelf: Shelf) -> None:
    for _ in range(3):
        collator.inputs([sample("long"), sample("long")])
        collator.targets([sample("long")])
    assert shelf.reads == 1


def test_the_least_recently_used_video_leaves_a_full_memory(
    collator: Collator, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collate, "_CACHED_BYTES", 60)
    for video_id in ("long", "short", "long"):
        collator.inputs([sample(video_id)])
    assert shelf.reads == 3


def test_a_card_says_how_its_model_is_fed(shelf: Shelf) -> None:
    card = GroundingCard(
        net=Map2dNet(clips=4), feature_width=3, max_words=2, vocabulary=("<pad>", "<unk>", "a", "cat")
    )
    inputs = Collator.of(card, shelf).inputs([sample("long")])
    assert inputs.words_BW.tolist() == [[2, 3]]
    assert inputs.features_BLD.shape == (1, 4, 3)
