"""What training costs: cached against online teachers, against labels alone, torchdistill and a loop by hand.

Three ResNet-56 teach one ResNet-8 on generated images of 32 px, 128 a step. All sides train on the same images from the
same first parameters, in turns of one epoch each, so that a slow moment of the machine meets all; what is said is the
median of the ratios of turns. Our steps include the making of their batches and our epochs the measuring on
validation; those of the others do not.

With BENCH_FOLDER set, images, teachers and cache are kept there. MTKD_BENCH=quick makes a small run of it that only
shows that everything works.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mtkd_engine.seeding import seed_everything
from tests.bench import limits, reading_back, rows_read
from tests.bench.classify import AGGREGATORS
from tests.bench.courses import Course, School, Size
from tests.bench.others import HAND, PEER, UNIFORM, others
from tests.bench.turns import Ratio, Turns

PER_SAMPLE = {"aggregator": {"kind": "confidence"}}
FAST = {"precision": "bfloat16", "channels_last": True}
NEVER = 10**6
TOLERANCE = 0.02
"""Of the loss, between cached and online teachers at the same step; rows are in half precision."""
CACHED, FASTER, WEIGHED = "cached, average", "cached, average, bf16 and channels last", "cached, confidence"
PLAIN, ONLINE = "labels alone", "online, average"
NEAR, FAR = (PLAIN, CACHED, WEIGHED, FASTER), (CACHED, FASTER, ONLINE)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is trained and read."""

    size: Size = field(default_factory=Size)
    turns: int = 9
    long_turns: int = 3
    """Of those with teachers beside the student."""
    aggregator_turns: int = 3
    counted_steps: int = 8
    rows: tuple[int, int] = (50_000, 8)
    """Samples and views."""
    read_seconds: float = 1.0


QUICK = Amount(
    size=Size(train=160, batch=32, teacher=8, warm_up=1),
    turns=1,
    long_turns=1,
    aggregator_turns=1,
    counted_steps=6,
    rows=(2000, 2),
    read_seconds=0.05,
)


def main() -> None:
    """This will measure everything, print the tables and, last, one line of JSON."""
    amount = QUICK if os.environ.get("MTKD_BENCH") == "quick" else Amount()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    seed_everything(0)
    with _folder() as base:
        school = School(base, amount.size)
        school.teachers  # noqa: B018
        _say("teachers are there")
        told: dict[str, Any] = compared(school, amount, base)
        told |= weighed(school, amount)
        told |= read(base / "cache", amount)
        told |= on_cuda(base, amount)
    if amount is QUICK:
        print("\n(quick: networks are too small for these figures to mean anything)")
    print(json.dumps(told))


def compared(school: School, amount: Amount, base: Path) -> dict[str, Any]:
    """This will let all sides train in turns and print what each took."""
    courses = {
        PLAIN: Course(school, None),
        CACHED: Course(school, UNIFORM),
        WEIGHED: Course(school, PER_SAMPLE),
        FASTER: Course(school, UNIFORM, optim=FAST),
        ONLINE: Course(school, {**UNIFORM, "signals": "online"}),
    }
    _say("the cache is there")
    near, far = Turns(), Turns()
    for name in NEAR:
        courses[name].epoch()  # to warm up
    near.take({name: courses[name].epoch for name in NEAR}, turns=amount.turns)
    _print_sides(near, beside=PLAIN)
    with others(school, base) as found:
        sides = {name: courses[name].epoch for name in FAR}
        far.take(sides | {name: one.epoch for name, one in found.items()}, turns=amount.long_turns)
    _print_sides(far, beside=CACHED)
    apart = curves_apart(courses[CACHED].losses, courses[ONLINE].losses)
    print(
        f"\nTurns of {courses[CACHED].steps} steps, {amount.turns} and {amount.long_turns} of them. Losses with"
    )
    print(
        f"cached and with online teachers are never more than {100 * apart:.3f} % apart at the same step (accepted"
    )
    print(f"are {100 * TOLERANCE:.0f} %).")
    for name, one in found.items():
        print(
            f"{name} ({one.version}): first loss {one.first_loss:.5f}, ours on that batch {one.our_first_loss:.5f}."
        )
    return _figures(near, far) | {"loss_curves_apart": round(apart, 6)}


def curves_apart(cached: Sequence[float], online: Sequence[float]) -> float:
    """This will give the largest difference of two loss curves, as far as both go, as a share of the loss."""
    return max(abs(one - other) / abs(other) for one, other in zip(cached, online, strict=False))


def _print_sides(turns: Turns, *, beside: str) -> None:
    print(f"\n| | ms/step | s/epoch | step, times that of {beside} | epoch |\n|---|---|---|---|---|")
    for name in turns.laps:
        step, epoch = (statistics.median(found) for found in (turns.steps(name), turns.epochs(name)))
        by_step = Ratio.of(turns.steps(name), turns.steps(beside))
        by_epoch = Ratio.of(turns.epochs(name), turns.epochs(beside))
        print(f"| {name} | {1000 * step:.1f} | {epoch:.2f} | {by_step} | {by_epoch} |", flush=True)


def _figures(near: Turns, far: Turns) -> dict[str, float | None]:
    online, cached = (statistics.median(far.epochs(name)) for name in (ONLINE, CACHED))
    whole = 20 * online / (8 * (online - cached) + 20 * cached)
    print(f"A job of 20 epochs that builds its cache of 8 views first: {whole:.1f} times as fast as online;")
    print("every further job on these teachers and views has the full factor.")
    told: dict[str, float | None] = {
        "cached_vs_online_speedup": Ratio.of(far.steps(ONLINE), far.steps(CACHED)).median,
        "fast_cached_vs_online_speedup": Ratio.of(far.steps(ONLINE), far.steps(FASTER)).median,
        "cached_vs_plain_ce_ratio": Ratio.of(near.epochs(WEIGHED), near.epochs(PLAIN)).median,
        "cached_average_vs_plain_ce_ratio": Ratio.of(near.epochs(CACHED), near.epochs(PLAIN)).median,
        "first_job_speedup": whole,
    }
    for key, name in (("torchdistill", PEER), ("handwritten", HAND)):
        known = name in far.laps
        for which, of in (("", far.steps), ("_epoch", far.epochs)):
            told[f"vs_{key}{which}_speedup"] = Ratio.of(of(name), of(CACHED)).median if known else None
    return {key: value if value is None else round(value, 4) for key, value in told.items()}


def weighed(school: School, amount: Amount) -> dict[str, Any]:
    """This will print what each aggregator's step takes, and how often it reads back from the device."""
    courses = {name: Course(school, {"aggregator": spec}) for name, spec in AGGREGATORS.items()}
    courses = {PLAIN: Course(school, None), **courses}
    turns = Turns()
    for course in courses.values():
        course.run(2)  # to warm up; all of them stand at the same place of an epoch
    turns.take({name: course.epoch for name, course in courses.items()}, turns=amount.aggregator_turns)
    print(
        "\n| cached | ms/step | step, times labels alone | read back, a step | in a lesson |\n|---|---|---|---|---|"
    )
    found: dict[str, float] = {}
    for name in courses:
        method = None if name == PLAIN else {"aggregator": AGGREGATORS[name]}
        usual, lessons = read_back(school, method, steps=amount.counted_steps)
        found[name] = usual
        step = 1000 * statistics.median(turns.steps(name))
        ratio = Ratio.of(turns.steps(name), turns.steps(PLAIN))
        print(f"| {name} | {step:.1f} | {ratio} | {usual:g} | {'-' if lessons is None else f'{lessons:g}'} |")
    return {"syncs_per_step": max(found.values()), "step_of_aggregators": _of_plain(turns)}


def _of_plain(turns: Turns) -> dict[str, float]:
    plain = turns.steps(PLAIN)
    return {name: round(Ratio.of(turns.steps(name), plain).median, 3) for name in turns.laps if name != PLAIN}


def read_back(school: School, method: Mapping[str, Any] | None, *, steps: int) -> tuple[float, float | None]:
    """This will count what ordinary steps read, and meta-steps where there are any.

    Ordinary are all but the first of an epoch, which shuffles, and those at which something is said or measured.
    """
    course = Course(school, method, log_every=NEVER, measure_every=NEVER)
    course.run(1)
    counts = dict(enumerate(reading_back.counted(course, steps=steps), 1))  # of steps from 0 on
    aggregator = getattr(course.spec.method, "aggregator", None)
    every = aggregator.every if aggregator is not None and aggregator.kind == "meta" else NEVER
    inside = {step: len(names) for step, names in counts.items() if step % course.steps}
    lessons = [count for step, count in inside.items() if step % every == 0]
    usual = [count for step, count in inside.items() if step % every]
    return statistics.mean(usual), statistics.mean(lessons) if lessons else None


def read(cache: Path, amount: Amount) -> dict[str, Any]:
    """This will print how many rows are read in a second."""
    samples, views = amount.rows
    rows = rows_read.reader(cache, samples=samples, views=views)
    print(f"\n| rows read a batch (3 teachers, {samples:,} samples, {views} views) | rows/s |\n|---|---|")
    paces = {}
    for batch in (128, 1024):
        timed = [
            rows_read.rows_per_s(rows, samples=samples, views=views, batch=batch, seconds=amount.read_seconds)
            for _ in range(5)
        ]
        paces[batch] = statistics.median(timed)
        print(f"| {batch} samples | {paces[batch]:,.0f} |")
    return {"cache_rows_per_s": round(paces[128])}


def on_cuda(base: Path, amount: Amount) -> dict[str, Any]:
    """This will print how near to its limits a CUDA device trains, or that there is none."""
    if not torch.cuda.is_available():
        print("\nNo CUDA device is here: nothing was measured of bf16, compilation and CUDA graphs on one.")
        return {"cuda": None}
    school = School(base, amount.size, device="cuda")
    print(f"\n{torch.cuda.get_device_name()}\n")
    print("| cached, average | steps/s | of the GEMM limit | of the bandwidth limit |\n|---|---|---|---|")
    rows = limits.on_device(school)
    for row in rows:
        shares = " | ".join(f"{100 * row[name]:.1f} %" for name in ("of_gemm", "of_bandwidth"))
        print(f"| {row['name']} | {row['steps_per_s']:.1f} | {shares} |")
    waited = {}
    for name, spec in AGGREGATORS.items():
        course = Course(school, {"aggregator": spec}, log_every=NEVER, measure_every=NEVER)
        course.run(6)  # past a meta-step, four steps before the next
        waited[name] = reading_back.waits(course, steps=2)
    print(f"\nWaits of the host in two ordinary steps, by the profiler: {waited}.")
    return {"cuda": rows, "cuda_waits": waited}


def _say(what: str) -> None:
    print(f"({time.strftime('%H:%M:%S')} {what})", file=sys.stderr, flush=True)


@contextmanager
def _folder() -> Iterator[Path]:
    kept = os.environ.get("BENCH_FOLDER")
    if kept is not None:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="bench-training-") as folder:
        yield Path(folder)
