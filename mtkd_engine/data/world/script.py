"""What happens in a video, drawn so that neither the sentence nor the video alone tells the answer.

Three properties make it so. Every deed is asked for exactly once, and deeds never overlap, so a model
that does not read the sentence is right once in K. All times are shares of the duration, so the
duration tells nothing. What happens is a round cut open anywhere, so first, second, before
and after say little about where in the video the answer lies.
"""

import numpy as np

from mtkd_engine.data.world.cast import ACTIONS, COLOURS, SHAPES, Action, Actor, Deed, Query, Script
from mtkd_engine.data.world.sentences import phrase_queries

FPS = 8
SIZE = 64
LANES = (12.0, 32.0, 52.0)
SECONDS = (20, 32)
DEEDS = (4, 5, 6)
FRAMES_PER_ROW = 4
"""Frames behind one row of features; every video is a whole number of rows."""

_EDGE = 0.01
"""Share of rest at both ends of every video; with 0.02 between deeds, each rests before the next."""

_Act = tuple[int, Action]


def make_script(rng: np.random.Generator) -> Script:
    """Draw one script."""
    rows = int(rng.integers(SECONDS[0] * FPS // FRAMES_PER_ROW, SECONDS[1] * FPS // FRAMES_PER_ROW + 1))
    frames = rows * FRAMES_PER_ROW
    actors = _actors(rng)
    acts, again = _acts(rng, int(rng.choice(DEEDS)), len(actors))
    spans = _spans(rng, len(acts), again)
    deeds = tuple(
        Deed(actor=actor, action=action, first=round(start * frames), last=round(end * frames))
        for (start, end), (actor, action) in sorted(zip(spans, acts, strict=True))
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


def _acts(rng: np.random.Generator, count: int, actors: int) -> tuple[list[_Act], int]:
    """Draw a round of (actor, action); the first comes again at the place returned, all others once."""
    menu: list[_Act] = [(actor, action) for actor in range(actors) for action in ACTIONS]
    acts = [menu[index] for index in rng.permutation(len(menu))[: count - 1]]
    again = 3 if count > 4 and rng.random() < 0.3 else 2
    acts.insert(again, acts[0])
    return acts, again


def _spans(rng: np.random.Generator, count: int, again: int) -> list[tuple[float, float]]:
    """Draw disjoint (start, end) for a round, as shares of the video.

    The round is laid on a circle and cut open at a random point, which makes every place in the video
    equally likely for every deed; cuts through a deed or between the two alike are drawn anew.
    """
    while True:
        lengths = rng.uniform(0.7, 1.3, count) * 0.5 / (count + 0.5)
        pauses = 0.02 + rng.dirichlet([0.35] * count) * (1 - lengths.sum() - 0.02 * count)
        starts = (rng.random() + np.cumsum(np.roll(lengths, 1) + pauses)) % 1
        ends = starts + lengths
        if starts.min() > _EDGE and ends.max() < 1 - _EDGE and starts[0] < starts[again]:
            return list(zip(starts.tolist(), ends.tolist(), strict=True))
