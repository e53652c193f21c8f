"""A job as a terminal shows it."""

from __future__ import annotations

import io
import math

from rich.console import Console

from mtkd_engine.client import Curves, Job
from mtkd_engine.client.screen import Watched, screen, sparkline
from tests.engine.client.answering import job


def drawn(watched: Watched, *, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(screen(watched, width=width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_progress_curves_and_weights_are_shown() -> None:
    curves = {
        "val/miou": {"steps": [1, 2], "values": [0.2, 0.4]},
        "loss/total": {"steps": [1, 2, 3], "values": [3.0, "NaN", 1.0]},
        "system/cpu": {"steps": [1], "values": [99.0]},
    }
    watched = Watched(job=Job.model_validate(job()), curves=Curves(names=list(curves), series=curves))
    watched.hear(
        [
            {"kind": "weights", "teachers": ["span", "map2d"], "mean": [0.25, 0.75]},
            {"kind": "warned", "message": "A teacher is worse than blind."},
            {"kind": "weights", "teachers": ["span", "map2d"], "mean": [0.9, 0.1], "masked": True},
        ]
    )
    text = drawn(watched)
    assert "Job 7 span  running  training" in text
    assert "step 10 of 100" in text
    assert text.index("loss/total") < text.index("val/miou")
    assert "system/cpu" not in text
    assert "0.250" in text
    assert "! A teacher is worse than blind." in text


def test_a_job_that_waits_says_why_and_a_failed_one_what_happened() -> None:
    waiting = Watched(
        job=Job.model_validate(job(state="queued", total_steps=0, waits="all workers are busy"))
    )
    assert "all workers are busy" in drawn(waiting)
    assert "no step yet" in drawn(waiting)
    failed = Watched(job=Job.model_validate(job(state="failed", failure="Out of [red]memory[/red].")))
    assert "Out of [red]memory[/red]." in drawn(failed)


def test_it_fits_a_narrow_terminal() -> None:
    curves = {"loss/total": {"steps": [1], "values": [1.0]}}
    watched = Watched(job=Job.model_validate(job()), curves=Curves(series=curves), weights={"span": 1.0})
    assert all(len(line) <= 60 for line in drawn(watched, width=60).splitlines())


def test_a_curve_in_one_line_shows_its_form() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], width=8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0] * 5, width=10) == "▁▁▁▁▁"
    assert sparkline([0, 0, 7, 7], width=2) == "▁█"
    assert sparkline([0, math.nan, 7], width=3) == "▁ █"
    assert sparkline([math.inf], width=3) == ""
    assert sparkline([], width=3) == ""
