from __future__ import annotations

from typing import Any

from jobs.models import Dataset, Job
from webapp.pages.verdict import verdict


def judged(job: Job, result: dict[str, Any]) -> str:
    job.result = result
    return " ".join(verdict(job))


def test_a_student_is_held_against_blind_and_the_best_teacher(job: Job) -> None:
    baselines = {"blind": {"r1@0.5": 0.1}, "best_single": {"r1@0.5": 0.7}}
    text = judged(job, {"metrics": {"r1@0.5": 0.6}, "baselines": baselines, "best_single": "span"})
    assert "60.0 % R1@0.5: 50.0 points above blind guessing and 10.0 points below" in text
    assert "the best single teacher (span)." in text


def test_its_size_is_told_beside_its_teachers(job: Job) -> None:
    text = judged(job, {"metrics": {"r1@0.5": 0.6}, "parameters": 250})
    assert "It has 250 parameters: 25 % of span, 25 % of map2d." in text


def test_weighing_per_sample_is_held_against_simpler_weights(job: Job) -> None:
    baselines = {"aggregated": {"miou": 0.6}, "static": {"miou": 0.61}, "uniform": {"miou": 0.5}}
    text = judged(job, {"metrics": {"r1@0.5": 0.6}, "baselines": baselines})
    assert "per sample gives 60.0 mIoU, one learned weight per teacher 61.0, equal weights 50.0." in text


def test_a_student_of_few_labels_is_told_as_one(job: Job) -> None:
    result = {"metrics": {"test/top1": 0.6, "r1@0.5": 0.6}}
    told = "It learned from 5 % of the labels of training."
    for share, is_told in ((0.05, True), (1.0, False), (None, False)):
        job.spec = {**job.spec, "data": {"labels": {"share": share}}}
        assert (told in judged(job, result)) is is_told


def test_few_samples_make_an_uncertain_number(job: Job, dataset: Dataset) -> None:
    job.dataset.report = {"splits": {"test": {"samples": 100}}}
    assert "With 100 test samples, R1@0.5 is known to about ±9.6" in judged(job, {"metrics": {"r1@0.5": 0.5}})


def test_an_odd_result_says_nothing(job: Job) -> None:
    assert judged(job, {}) == ""
    assert judged(job, {"metrics": {"r1@0.5": "NaN"}}) == ""


def test_what_the_teachers_brought_is_told_with_its_interval(job: Job) -> None:
    def told(low: float, high: float) -> str:
        found = {"solo": {"miou": {"difference": 0.03, "low": low, "high": high}}}
        return judged(job, {"metrics": {"r1@0.5": 0.6}, "comparisons": found})

    assert "Its teachers brought it +3.0 points of mIoU (95 %: +1.0 to +5.0)" in told(0.01, 0.05)
    assert "Whether its teachers helped cannot be told: +3.0 points" in told(-0.01, 0.07)
    assert "did it harm" in told(-0.05, -0.01)


def test_a_part_of_a_dataset_is_counted_as_what_it_is(job: Job, dataset: Dataset) -> None:
    job.dataset.report = {"splits": {"test": {"samples": 100}}}
    found = {"metrics": {"r1@0.5": 0.0}, "dataset": {"splits": {"test": 27}}}
    assert "With 27 test samples, R1@0.5 is known to about ±12.5 points." in judged(job, found)


def test_a_lead_that_nobody_sees_is_none(job: Job) -> None:
    baselines = {"blind": {"r1@0.5": 0.6001}, "best_single": {"r1@0.5": 0.7}}
    text = judged(job, {"metrics": {"r1@0.5": 0.6}, "baselines": baselines})
    assert "level with blind guessing and 10.0 points below the best single teacher." in text
