"""The parts of the benchmark of training: what is compared trains the same, and what reads back is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mtkd_engine.seeding import seed_everything
from tests.bench import limits, rows_read
from tests.bench.courses import Course, Lap, School, Size
from tests.bench.others import our_first_loss
from tests.bench.peers.by_hand import ByHand, Pictures
from tests.bench.reading_back import reads
from tests.bench.training import curves_apart, read_back
from tests.bench.turns import Ratio, Turns

UNIFORM = {"aggregator": {"kind": "uniform"}}


@pytest.fixture(scope="module", autouse=True)
def _as_in_a_job() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    seed_everything(0)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_flush_denormal(False)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    size = Size(train=80, batch=16, teacher=8, pixels=8, warm_up=1)
    return School(tmp_path_factory.mktemp("school"), size)


def test_ratios_are_taken_within_turns_and_the_middle_one_is_said() -> None:
    turns = Turns({"one": [], "other": []})
    for slow in (1.0, 10.0, 2.0):
        turns.laps["one"].append(Lap(6 * slow, [3 * slow, 3 * slow, 9.0], []))
        turns.laps["other"].append(Lap(2 * slow, [1 * slow, 1 * slow, 9.0], []))
    assert Ratio.of(turns.epochs("one"), turns.epochs("other")) == Ratio(3.0, 3.0, 3.0)
    assert turns.steps("one") == [3.0, 30.0, 6.0], "the last step of an epoch, which measures, is left out"


def test_what_reads_a_tensor_is_noticed_and_positions_in_host_memory_are_not() -> None:
    values, rows = torch.ones(2), torch.arange(2)
    with reads() as found:
        rows.numpy()
        values.exp()
    assert found == []
    with reads() as found:
        values[0].item()
        bool(values[0] > 0)
        values.nonzero()
        values.tolist()
        values.cpu()
        values.numpy()
        rows.tolist()
    assert found == [
        *("_local_scalar_dense", "_local_scalar_dense", "nonzero", "tolist", "cpu", "numpy", "tolist")
    ]


def test_cached_and_online_teachers_give_one_loss_curve(school: School) -> None:
    cached, online = Course(school, UNIFORM), Course(school, {**UNIFORM, "signals": "online"})
    for course in (cached, online):
        lap = course.epoch()
        assert len(lap.steps) == course.steps == 5
        assert lap.losses == course.losses
    assert len(cached.losses) == 2
    assert curves_apart(cached.losses, online.losses) < 1e-3
    assert curves_apart([1.0, 2.0], [1.0, 1.6]) == pytest.approx(0.25)


@pytest.mark.parametrize("kind", ["uniform", "confidence", "kau"])
def test_ordinary_steps_read_nothing_and_meta_steps_are_told_apart(school: School, kind: str) -> None:
    assert read_back(school, {"aggregator": {"kind": kind}}, steps=4) == (0, None)


def test_meta_steps_are_told_apart(school: School) -> None:
    usual, lessons = read_back(school, {"aggregator": {"kind": "meta", "every": 3, "buffer": 16}}, steps=4)
    assert usual == 0
    assert lessons
    assert lessons > 0


def test_the_loop_by_hand_has_our_loss(school: School) -> None:
    samples = school.dataset.splits["train"][:16]
    pixels = school.dataset.images.decoded([one.place for one in samples], size=8)
    images_BCHW = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2)
    pictures = Pictures(images_BCHW, [one.label for one in samples])
    networks = [one.model for one in school.teachers if one.model is not None]
    hand = ByHand(Course(school, UNIFORM).job.student, networks, pictures, batch=8)
    labels_B = torch.tensor([one.label for one in samples])
    said = hand.loss(pictures.plain(images_BCHW), labels_B).detach()
    assert float(said) == pytest.approx(our_first_loss(school, "probability"), rel=1e-4)
    lap = Lap(**hand.epoch())
    assert len(lap.steps) == len(lap.losses) == 2


def test_limits_and_work_are_counted(school: School) -> None:
    found = limits.measured_limits("cpu", dtype=torch.float32, side=32, copied=4096)
    assert found.flops > 0
    assert found.bytes > 0
    with limits.Bytes() as moved:
        torch.ones(3, dtype=torch.float64).exp()
    assert moved.total == 24 + 48, "one written; one read, one written"
    course = Course(school, UNIFORM)
    work = limits.work_of(course)
    assert work.flops > 1e6
    assert work.bytes > 1e5


def test_rows_are_read_by_the_batch(tmp_path: Path) -> None:
    rows = rows_read.reader(tmp_path, samples=256, views=2)
    assert rows_read.rows_per_s(rows, samples=256, views=2, batch=64, seconds=0.01) > 1000
