"""What happens in a video, drawn so that neither the sentence nor the video alone tells the answer.

Three properties make it so. Every deed is asked for exactly once, and deeds never overlap, so a model
that does not read the sentence is right once in K. All times are shares of the duration, so the
duration tells nothing. Lead-in and lead-out are long and random, so first, second, before and after
say little about where in the video the answer lies.
"""

import numpy as np

from mtkd_engine.data.world.cast import ACTIONS, COLOURS, SHAPES, Action, Actor, Deed, Query, Script
from mtkd_engine.data.world.sentences import phrase_queries

FPS = 8
SIZE = 64
LANES = (12.0, 32.0, 52.0)
SECONDS = (16, 32)
DEEDS = (4, 5, 6)
FRAMES_PER_ROW = 4
"""Frames behind one row of features; every video is a whole number of rows."""

_Act = tuple[int, Action]


def make_script(rng: np.random.Generator) -> Script:
    """Draw one script."""
    rows = int(rng.integers(SECONDS[0] * FPS // FRAMES_PER_ROW, SECONDS[1] * FPS // FRAMES_PER_ROW + 1))
    frames = rows * FRAMES_PER_ROW
    actors = _actors(rng)
    acts = _acts(rng, int(rng.choice(DEEDS)), len(actors))
    spans = _spans(rng, len(acts), frames)
    deeds = tuple(
        Deed(actor=actor, action=action, first=first, last=last)
        for (actor, action), (first, last) in zip(acts, spans, strict=True)
    )
    queries: tuple[Query, ...] = phrase_queries(rng, actors=actors, deeds=deeds)
    return Script(frames=frames, actors=actors, deeds=deeds, queries=queries)


def _actors(rng: np.random.Generator) -> tuple[Actor, ...]:
    count = int(rng.integers(2, 4))
    colours = rng.permutation(len(COLOURS))[:count]
    lanes = rng.permutation(len(LANES))[:count]
    return tuple(
        Actor(
            colour=COLOURS[colour],
            shape=SHAPES[int(rng.integers(len(SHAPES)))],
            home_x=float(rng.integers(8, SIZE - 8)),
            lane=LANES[lane],
        )
        for colour, lane in zip(colours, lanes, strict=True)
    )


def _acts(rng: np.random.Generator, count: int, actors: int) -> list[_Act]:
    """Draw the sequence of (actor, action); exactly one act occurs twice, with others in between."""
    menu: list[_Act] = [(actor, action) for actor in range(actors) for action in ACTIONS]
    acts = [menu[index] for index in rng.permutation(len(menu))[: count - 1]]
    pairs = [(i, j) for i in range(count) for j in range(i + 2, count)]
    early, late = pairs[int(rng.integers(len(pairs)))]
    acts.insert(late, acts[early])
    return acts


def _spans(rng: np.random.Generator, count: int, frames: int) -> list[tuple[int, int]]:
    """Draw disjoint frame ranges in order; lengths, pauses and the ends are shares of the video."""
    lengths = rng.uniform(0.6, 1.4, count) * 0.6 / (count + 0.5)
    slack = 1.0 - lengths.sum() - 0.02 * (count - 1)
    pauses = rng.dirichlet([1.0, *[0.5] * (count - 1), 1.0]) * slack
    spans, now = [], 0.0
    for index, length in enumerate(lengths):
        now += pauses[index] + (0.02 if index else 0.0)
        first = round(now * frames)
        last = max(first + 6, round((now + length) * frames))
        spans.append((first, last))
        now += length
    return _apart(spans, frames)


def _apart(spans: list[tuple[int, int]], frames: int) -> list[tuple[int, int]]:
    """Keep at least one frame of rest between deeds and at both ends after rounding."""
    limit, kept = frames - 1, []
    for wanted_first, wanted_last in reversed(spans):
        last = min(wanted_last, limit)
        first = min(wanted_first, last - 6)
        kept.append((first, last))
        limit = first - 1
    return kept[::-1]
