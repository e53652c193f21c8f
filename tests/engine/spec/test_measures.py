"""What results of each task are measured by, and which of that every sample has."""

from __future__ import annotations

import pytest

from mtkd_engine.spec import TASKS
from mtkd_engine.spec.measures import HEADLINES, MEASURES, SHARES, is_by_sample, measures_of, title_of


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_metric_that_decides_and_titles_for_all(task: str) -> None:
    measures = measures_of({"task": task})
    assert measures is MEASURES[task]
    assert measures.headline in {name for name, _ in measures.columns}
    for name, title in (*measures.columns, *measures.more):
        assert title_of(name) == title
    assert all(SHARES.fullmatch(name) for name, _ in measures.columns)


def test_two_tasks_that_are_decided_by_one_metric_name_it_once() -> None:
    assert len(set(HEADLINES)) == len(HEADLINES)
    assert {"miou", "top1", "cc"} == set(HEADLINES)


def test_miou_is_a_mean_over_sentences_and_none_over_masks() -> None:
    assert is_by_sample("miou", ["miou", "r1@0.5"])
    assert not is_by_sample("miou", ["miou", "image_miou"])
    assert is_by_sample("image_miou", ["miou", "image_miou"])
    assert is_by_sample("sim", ["cc", "sim"])
    assert not is_by_sample("kld", ["kld"])
