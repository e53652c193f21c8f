"""Attempts at jobs in this process, to their end or to a step at which they are stopped, and what they measured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import torch

from mtkd_engine import checkpoint
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Event, Metrics, Stepped
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec

Attempt = Generator[Event, None, None]
WHOLE = "whole"


def said_by(attempt: Attempt, *, stop_at: int | None = None) -> list[Event]:
    """This will return all that an attempt says, up to a step at which it is stopped."""
    events: list[Event] = []
    for event in attempt:
        events.append(event)
        if isinstance(event, Stepped) and event.step == stop_at:
            attempt.close()
    return events


def start(spec: Spec, *, base: Path, folder: Path, resume: Path | None = None, **teachers: Path) -> Attempt:
    """This will begin an attempt at a job whose sources lie in `base`, and with them its cache."""
    place, sources = Place(folder=folder, cache=base / "cache"), Sources(base=base, teachers=teachers)
    return distill(spec, sources=sources, place=place, resume=resume)


def run(
    spec: Spec,
    *,
    base: Path,
    folder: Path,
    stop_at: int | None = None,
    resume: Path | None = None,
    **teachers: Path,
) -> list[Event]:
    """This will make such an attempt and return all that it says, up to a step at which it is stopped."""
    return said_by(start(spec, base=base, folder=folder, resume=resume, **teachers), stop_at=stop_at)


def said_in_pieces(begin: Callable[..., Attempt], *, folder: Path, stops: Sequence[int]) -> list[list[Event]]:
    """This will run a job that is stopped at each of these steps, and return what each attempt said.

    `begin` takes a `folder` and a checkpoint to `resume`. Each attempt has a folder of its own below the given one,
    named by the step at which it was stopped, the last one `WHOLE`.
    """
    said, newest = [], None
    for stop_at in (*stops, None):
        place = folder / (WHOLE if stop_at is None else str(stop_at))
        torch.rand(3)  # a resumed process has drawn other numbers before
        said.append(said_by(begin(folder=place, resume=newest), stop_at=stop_at))
        newest = checkpoint.latest(place / "checkpoint")
        if stop_at is not None:
            assert newest is not None
            assert checkpoint.step_of(newest) == stop_at
    return said


def points(events: Sequence[Event]) -> dict[tuple[str, int], float]:
    """This will return all that was measured, by name and step."""
    return {
        (name, event.step): value
        for event in events
        if isinstance(event, Metrics)
        for name, value in event.values.items()
    }
