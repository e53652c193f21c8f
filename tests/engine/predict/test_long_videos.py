"""Several videos of the world put end to end: what pieces find, and what a squeezed video has lost (`pytest -s`)."""

from __future__ import annotations

import numpy as np
import pytest

from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from mtkd_engine.modelfile import load_model, student_file
from mtkd_engine.predict import Video, ask
from mtkd_engine.tasks.grounding.metrics import iou
from tests.engine.learnt import Learnt

pytestmark = pytest.mark.slow
TOGETHER = 6
AHEAD = 0.15


def put_together(dataset: Dataset) -> list[tuple[Video, list[tuple[Sample, float]]]]:
    """Long videos, and the samples of each with the second at which their own video begins."""
    samples: dict[str, list[Sample]] = {}
    for sample in dataset.splits["test"]:
        samples.setdefault(sample.video_id, []).append(sample)
    names, features, made = list(samples), dataset.needed_features(), []
    for first in range(0, len(names) - TOGETHER + 1, TOGETHER):
        group = names[first : first + TOGETHER]
        lengths = [samples[name][0].duration for name in group]
        starts = np.cumsum([0.0, *lengths[:-1]])
        rows_TD = np.concatenate([features.load(name) for name in group])
        own = [
            (sample, float(start))
            for name, start in zip(group, starts, strict=True)
            for sample in samples[name]
        ]
        made.append((Video(rows_TD, sum(lengths)), own))
    return made


def test_pieces_find_moments_that_a_squeezed_video_has_lost(learnt: Learnt) -> None:
    model, card = load_model(student_file(learnt.run("span")))
    dataset = load_dataset(learnt.world())
    assert card.longest_video == max(sample.duration for sample in dataset.splits["train"])
    found: dict[str, list[bool]] = {"pieces": [], "squeezed": []}
    for video, samples in put_together(dataset):
        assert video.duration > 2 * card.longest_video
        queries = [sample.sentence for sample, _ in samples]
        for how, seconds in (("pieces", card.longest_video), ("squeezed", None)):
            answers = ask(model, card, video, queries, top=5, seconds=seconds)
            for answer, (sample, start) in zip(answers, samples, strict=True):
                truth = np.asarray(sample.windows[0]) + start
                windows = np.array([(window.start, window.end) for window in answer.windows])
                found[how].append(bool((iou(windows, truth) >= 0.5).any()))
    shares = {how: float(np.mean(hits)) for how, hits in found.items()}
    print(f"\nR5@0.5 in videos of {TOGETHER}, {len(found['pieces'])} sentences: {shares}")
    assert shares["pieces"] >= shares["squeezed"] + AHEAD
