"""Static weights are fitted to what an ensemble says, and gates start from them."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import pytest
import torch

from mtkd_engine.aggregators import build
from mtkd_engine.cache.beliefs import Faculty, StoredBeliefs, joined
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.gates import Course, EpochDone, fit_gate, weigh_all
from mtkd_engine.evaluation.lessons import (
    LEAN,
    Lesson,
    Proposals,
    decoded_as_on,
    fit_static,
    folds_of,
    lesson_of,
    proposals_of,
)
from mtkd_engine.evaluation.targets import decoded, same_weights
from mtkd_engine.spec import KauPlusSpec
from mtkd_engine.tasks.grounding.agreement import MEDOID, Decoding
from mtkd_engine.tasks.grounding.windows import unify_windows

LENGTH = 8
SECONDS = 40.0
Made = TypeVar("Made")


def some_samples(count: int, *, seed: int = 0) -> tuple[Sample, ...]:
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, 28, count)
    return tuple(
        Sample(str(n), f"s{n // 2}", f"v{n}", SECONDS, ((float(start), float(start) + 10.0),), "it happens")
        for n, start in enumerate(starts)
    )


def some_faculty(samples: tuple[Sample, ...], *, right: dict[str, float], seed: int = 0) -> Faculty:
    """Teachers that say the truth, jittered, on a share of samples, and are as sure of themselves everywhere."""
    rng = np.random.default_rng(seed)
    durations_B = torch.full((len(samples),), SECONDS, dtype=torch.float64)
    stored = []
    for share in right.values():
        windows = np.sort(rng.uniform(0, SECONDS, (len(samples), 2, 2)), axis=2)
        for row, sample in enumerate(samples):
            if rng.random() < share:
                windows[row, 0] = np.array(sample.windows[0]) + rng.normal(0, 0.5, 2)
        belief = unify_windows(
            torch.from_numpy(windows),
            torch.tensor([[0.0, -1.0]]).expand(len(samples), 2),
            torch.ones(len(samples), 2, dtype=torch.bool),
            temperature=1.0,
            durations_B=durations_B,
            student_clips_B=torch.full((len(samples),), LENGTH),
            student_length=LENGTH,
            top_k=3,
        )
        stored.append(StoredBeliefs({s.sample_id: row for row, s in enumerate(samples)}, belief, seconds=1.5))
    return Faculty(list(right), stored)


def course_of(samples: tuple[Sample, ...], faculty: Faculty) -> Course:
    return Course(faculty, samples, lesson_of(faculty, samples))


def finished(work: Generator[EpochDone, None, Made]) -> tuple[list[EpochDone], Made]:
    said = []
    while True:
        try:
            said.append(next(work))
        except StopIteration as end:
            return said, end.value


def test_better_teachers_weigh_more_and_the_ensemble_is_no_worse_than_the_plain_average() -> None:
    samples = some_samples(200)
    faculty = some_faculty(samples, right={"good": 0.8, "fair": 0.5, "bad": 0.1})
    lesson = lesson_of(faculty, samples)
    static_T = fit_static(lesson, seed=0)
    good, fair, bad = static_T.tolist()
    assert good > fair > bad
    assert good + fair + bad == pytest.approx(1)
    uniform = lesson.quality(torch.full((200, 3), 1 / 3)).mean()
    assert lesson.quality(static_T.expand(200, 3)).mean() > uniform


def test_what_a_lesson_measures_is_what_the_ensemble_says() -> None:
    samples = some_samples(60)
    faculty = some_faculty(samples, right={"a": 0.7, "b": 0.4})
    lesson = lesson_of(faculty, samples)
    weights_T = torch.tensor([0.6, 0.4])
    said = decoded(same_weights(weights_T, 60), faculty, samples)
    torch.testing.assert_close(lesson.pool.decode(weights_T.expand(60, 2)), said)


def hidden(samples: tuple[Sample, ...], *, is_right_second: bool) -> Faculty:
    """Teachers whose best windows are wrong, each elsewhere, and whose second ones are the truth or agree on a lie."""
    faculty = some_faculty(samples, right={"a": 0.0, "b": 0.0, "c": 0.0})
    truth = torch.tensor([sample.windows[0] for sample in samples], dtype=torch.float64)
    for place, stored in enumerate(faculty.stored):
        own = truth + (9.0, -9.0, 18.0)[place]
        second = truth if is_right_second else torch.tensor([0.0, 1.0]).double()
        stored.belief.windows_BK2[:, :2] = torch.stack([own, second.expand_as(own)], dim=1)
        stored.belief.scores_BK[:] = torch.tensor([0.55, 0.45, 0.0])
    return faculty


def test_how_windows_are_decoded_is_chosen_by_what_it_is_worth() -> None:
    samples = some_samples(60)
    right = proposals_of(hidden(samples, is_right_second=True), samples)
    assert right.decoding(seed=0).offers == 3
    wrong = proposals_of(hidden(samples, is_right_second=False), samples)
    assert wrong.decoding(seed=0).offers == 1


def test_a_decoding_is_chosen_on_the_given_samples_alone() -> None:
    samples = some_samples(120)
    two = [
        proposals_of(hidden(samples[:60], is_right_second=True), samples[:60]),
        proposals_of(hidden(samples[60:], is_right_second=False), samples[60:]),
    ]
    both = Proposals(
        torch.cat([one.windows_TNK2 for one in two], dim=1),
        torch.cat([one.scores_TNK for one in two], dim=1),
        torch.cat([one.overlap_NC for one in two]),
        (*two[0].sources, *two[1].sources),
    )
    assert both.take(range(60)).decoding(seed=0) == two[0].decoding(seed=0)
    assert both.take(range(60, 120)).decoding(seed=0) == two[1].decoding(seed=0)


def test_a_single_teacher_says_its_best_window() -> None:
    samples = some_samples(20)
    faculty = hidden(samples, is_right_second=True)
    alone = Faculty(["a"], faculty.stored[:1])
    assert proposals_of(alone, samples).decoding(seed=0) == MEDOID
    said = decoded(same_weights(torch.ones(1), 20), alone, samples)
    assert torch.equal(said, faculty.stored[0].belief.windows_BK2[:, 0])


def test_all_splits_are_decoded_as_is_best_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = some_samples(60)
    faculties = {
        name: hidden(samples, is_right_second=is_right)
        for name, is_right in (("train", True), ("test", False))
    }
    found = decoded_as_on(faculties, samples, split="train", seed=0)
    assert found["train"].decoding == found["test"].decoding
    assert found["test"].decoding.offers == 3
    monkeypatch.setattr("mtkd_engine.evaluation.lessons.LARGEST", 40)
    assert decoded_as_on(faculties, samples, split="train", seed=0)["test"].decoding.offers == 3


@pytest.mark.parametrize("offers", [1, 3])
def test_leaving_a_teacher_out_is_never_having_had_it(offers: int) -> None:
    samples = some_samples(40)
    faculty = some_faculty(samples, right={"a": 0.7, "b": 0.4, "c": 0.2})
    fewer = Faculty(["a", "c"], [faculty.stored[0], faculty.stored[2]])
    decoding = Decoding(offers)
    left = proposals_of(faculty, samples).lesson(decoding).without(1)
    wanted = proposals_of(fewer, samples).lesson(decoding)
    assert torch.equal(left.pool.windows_NC2, wanted.pool.windows_NC2)
    torch.testing.assert_close(left.pool.support_NCT, wanted.pool.support_NCT)
    assert torch.equal(left.overlap_NC, wanted.overlap_NC)


def test_folds_keep_sources_together_and_judge_everybody_once() -> None:
    sources = [f"s{n // 3}" for n in range(31)]
    found = folds_of(sources, count=4, seed=1)
    assert sorted(row for _, held in found for row in held) == list(range(31))
    for learn, held in found:
        assert not {sources[row] for row in learn} & {sources[row] for row in held}
    assert len(folds_of(["a", "b", "b"], count=5, seed=0)) == 2
    assert folds_of(["a", "a"], count=5, seed=0) == []


def test_few_samples_leave_the_weights_where_quality_puts_them_and_many_move_them() -> None:
    samples = some_samples(1200)
    whole = lesson_of(some_faculty(samples, right={"good": 0.6, "fair": 0.5, "bad": 0.1}), samples)

    def moved(lesson: Lesson) -> float:
        start_T = torch.softmax(LEAN * lesson.own_NT.mean(0), dim=0)
        return float((fit_static(lesson, seed=0) - start_T).abs().max())

    assert moved(whole.take(range(20))) < 0.05
    assert moved(whole) > 0.05


def test_of_many_samples_a_part_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = some_samples(60)
    lesson = lesson_of(some_faculty(samples, right={"a": 0.8, "b": 0.3}), samples)
    whole_T = fit_static(lesson, seed=0)
    monkeypatch.setattr("mtkd_engine.evaluation.lessons.LARGEST", 40)
    part_T = fit_static(lesson, seed=0)
    assert not torch.equal(whole_T, part_T)
    assert torch.equal(part_T, fit_static(lesson, seed=0))


def test_a_gate_starts_from_static_weights_and_is_judged_at_every_epoch() -> None:
    samples = some_samples(60)
    course = course_of(samples, some_faculty(samples, right={"a": 0.8, "b": 0.3}))
    work = fit_gate(lambda: build(KauPlusSpec(), teachers=2, feature_width=None), course, epochs=2, seed=0)
    said, gate = finished(work)
    assert [one.epoch for one in said if one.part == "inner"] == list(range(1, 7))
    assert len([one for one in said if one.part == "gate"]) == gate.epochs
    assert len(gate.judged) == 3
    assert gate.epochs == 0 or gate.judged[gate.epochs] == max(gate.judged)
    none = fit_gate(lambda: build(KauPlusSpec(), teachers=2, feature_width=None), course, epochs=0, seed=0)
    start = finished(none)[1]
    weights_NT = weigh_all(start.aggregator, course).mean(1)
    torch.testing.assert_close(weights_NT, start.static_T.expand(60, 2).float(), atol=1e-5, rtol=1e-4)


def test_a_gate_finds_out_whom_to_believe_by_what_they_believe() -> None:
    """One teacher is right where it is sure, and sure on half of the samples; the other is right throughout."""
    samples = some_samples(240)
    faculty = some_faculty(samples, right={"sure": 0.5, "steady": 0.0}, seed=3)
    sure, steady = (stored.belief for stored in faculty.stored)
    truth = torch.tensor([sample.windows[0] for sample in samples], dtype=torch.float64)
    hit = (sure.windows_BK2[:, 0] - truth).abs().amax(1) < 3
    sure.scores_BK[:, :2] = torch.where(
        hit.unsqueeze(1), torch.tensor([0.99, 0.01]), torch.tensor([0.4, 0.35])
    )
    steady.windows_BK2[:, 0] = truth + torch.tensor([3.0, 3.0])
    course = course_of(samples, faculty)
    _, gate = finished(
        fit_gate(lambda: build(KauPlusSpec(), teachers=2, feature_width=None), course, epochs=12, seed=0)
    )
    assert gate.epochs > 0
    assert gate.judged[gate.epochs] > gate.judged[0] + 0.01
    weights_NT = weigh_all(gate.aggregator, course).mean(1)
    assert weights_NT[hit, 0].mean() > weights_NT[~hit, 0].mean() + 0.05


def test_a_gain_that_may_be_chance_leaves_the_static_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = some_samples(120, seed=5)
    course = course_of(samples, some_faculty(samples, right={"a": 0.6, "b": 0.6, "c": 0.6}, seed=5))
    monkeypatch.setattr("mtkd_engine.evaluation.gates.CHANCE", 1e6)
    work = fit_gate(lambda: build(KauPlusSpec(), teachers=3, feature_width=None), course, epochs=3, seed=0)
    said, gate = finished(work)
    assert gate.epochs == 0
    assert not [one for one in said if one.part == "gate"]
    weights_NT = weigh_all(gate.aggregator, course).mean(1)
    torch.testing.assert_close(weights_NT, gate.static_T.expand(120, 3).float(), atol=1e-5, rtol=1e-4)


def test_splits_are_bothby_sample_and_their_seconds_added() -> None:
    samples = some_samples(20)
    whole = some_faculty(samples, right={"a": 0.6, "b": 0.6})
    ids = [sample.sample_id for sample in samples]

    def part(places: range) -> Faculty:
        index = torch.tensor(list(places))
        stored = [
            StoredBeliefs({ids[p]: row for row, p in enumerate(places)}, one.belief.rows(index), one.seconds)
            for one in whole.stored
        ]
        return Faculty(whole.names, stored)

    together = joined([part(range(12, 20)), part(range(12))])
    assert together.stored[0].seconds == 3.0
    wanted, found = (f.signals(ids, length=LENGTH, device="cpu") for f in (whole, together))
    assert torch.equal(wanted.log_joint_TBLL, found.log_joint_TBLL)
    assert torch.equal(wanted.windows_TBK2, found.windows_TBK2)
