"""A job as a terminal shows it."""

from __future__ import annotations

import io
import math

from rich.console import Console

from mtkd_engine.client import Job, Message
from mtkd_engine.client.screen import MOST_POINTS, Watched, screen, sparkline
from tests.engine.client.answering import job


def drawn(watched: Watched, *, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(screen(watched, width=width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def told(series: dict[str, tuple[list[int], list[object]]], *, replace: bool = False) -> Message:
    curves = {name: {"steps": steps, "values": values} for name, (steps, values) in series.items()}
    return Message("1", "metrics", {"replace": replace, "series": curves})


def said(**event: object) -> Message:
    return Message("1", "event", event)


def test_progress_curves_and_weights_are_shown() -> None:
    watched = Watched(job=Job.model_validate(job(step=0)))
    for message in (
        told(
            {
                "val/miou": ([1, 2], [0.2, 0.4]),
                "loss/total": ([1, 2, 3], [3.0, "NaN", 1.0]),
                "system/cpu": ([1], [9.0]),
            }
        ),
        said(kind="weights", teachers=["span", "map2d"], mean=[0.25, 0.75]),
        said(kind="warned", message="A teacher is worse than blind."),
        said(kind="weights", teachers=["span", "map2d"], mean=[0.9, 0.1], masked=True),
        Message("2", "job", {"state": "running", "step": 10, "lag": None}),
        Message("3", "unheard of", None),
    ):
        watched.hear(message)
    text = drawn(watched)
    assert "Job 7 span  running  training" in text
    assert "step 10 of 100" in text
    assert text.index("loss/total") < text.index("val/miou")
    assert "system/cpu" not in text
    assert "0.250" in text
    assert "! A teacher is worse than blind." in text


def test_points_of_a_resumed_attempt_replace_what_they_repeat() -> None:
    watched = Watched(job=Job.model_validate(job()))
    watched.hear(told({"a": ([1, 2, 3], [1.0, 2.0, 3.0]), "b": ([1], [1.0])}))
    watched.hear(told({"a": ([2, 3, 4], [5.0, 6.0, 7.0])}))
    assert watched.curves == {"a": ([1, 2, 3, 4], [1.0, 5.0, 6.0, 7.0]), "b": ([1], [1.0])}
    watched.hear(told({"a": ([4], [9.0])}, replace=True))
    assert watched.curves == {"a": ([4], [9.0])}


def test_long_curves_are_thinned_out() -> None:
    watched = Watched(job=Job.model_validate(job()))
    for first in range(0, 20_000, 500):
        watched.hear(told({"a": (list(range(first, first + 500)), [0.5] * 500)}))
    assert 1_000 < len(watched.curves["a"][0]) <= MOST_POINTS


def test_a_job_that_waits_says_why_and_a_failed_one_what_happened() -> None:
    waiting = Watched(
        job=Job.model_validate(job(state="queued", total_steps=0, waits="all workers are busy"))
    )
    assert "all workers are busy" in drawn(waiting)
    assert "no step yet" in drawn(waiting)
    failed = Watched(job=Job.model_validate(job(state="failed", failure="Out of [red]memory[/red].")))
    assert "Out of [red]memory[/red]." in drawn(failed)


def test_it_fits_a_narrow_terminal() -> None:
    curves = {"loss/total": ([1], [1.0])}
    watched = Watched(job=Job.model_validate(job()), curves=curves, weights={"span": 1.0})
    assert all(len(line) <= 60 for line in drawn(watched, width=60).splitlines())


def test_a_curve_in_one_line_shows_its_form() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], width=8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0] * 5, width=10) == "▁▁▁▁▁"
    assert sparkline([0, 0, 7, 7], width=2) == "▁█"
    assert sparkline([0, math.nan, 7], width=3) == "▁ █"
    assert sparkline([math.inf], width=3) == ""
    assert sparkline([], width=3) == ""


def test_a_part_whose_length_is_known_says_how_far_it_is_and_the_tasks_main_metric_stands_first() -> None:
    watched = Watched(job=Job.model_validate(job(part="cache", part_done=300, part_of=1200)))
    watched.hear(told({"val/ece": ([1], [0.1]), "val/top1": ([1], [0.4]), "lr": ([1], [0.1])}))
    text = drawn(watched)
    assert "cache: 300 of 1,200" in text
    assert text.index("val/top1") < text.index("lr") < text.index("val/ece")
    watched.hear(Message("2", "job", {"part": "train", "part_done": 0, "part_of": 0}))
    assert "  train" in drawn(watched)
    assert "1,200" not in drawn(watched)
