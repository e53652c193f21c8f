"""Who can appear in the world, and what they can do."""

from dataclasses import dataclass
from typing import Literal

Colour = Literal["red", "green", "blue", "yellow"]
Shape = Literal["circle", "square", "triangle"]
Action = Literal["right", "left", "jump", "spin", "grow", "shrink", "blink"]

COLOURS: tuple[Colour, ...] = ("red", "green", "blue", "yellow")
SHAPES: tuple[Shape, ...] = ("circle", "square", "triangle")
ACTIONS: tuple[Action, ...] = ("right", "left", "jump", "spin", "grow", "shrink", "blink")
PIXELS: dict[Colour, tuple[int, int, int]] = {
    "red": (225, 45, 45),
    "green": (45, 200, 65),
    "blue": (60, 85, 235),
    "yellow": (235, 215, 45),
}


@dataclass(frozen=True)
class Actor:
    """A coloured shape that rests at (home_x, lane) except while it acts; positions in pixels."""

    colour: Colour
    shape: Shape
    home_x: float
    lane: float


@dataclass(frozen=True)
class Deed:
    """One actor doing one thing in the frames first, ..., last - 1 (it rests again in frame `last`)."""

    actor: int
    action: Action
    first: int
    last: int


@dataclass(frozen=True)
class Query:
    """A sentence about one deed of a script.

    kind is plain, first, second, before or after; anchor is the deed that a before or after refers
    to; other is the deed that the sentence would mean with the opposite order word.
    """

    deed: int
    kind: Literal["plain", "first", "second", "before", "after"]
    sentence: str
    anchor: int | None = None
    other: int | None = None


@dataclass(frozen=True)
class Script:
    """Everything that happens in one video, and one query for each of its deeds."""

    frames: int
    actors: tuple[Actor, ...]
    deeds: tuple[Deed, ...]
    queries: tuple[Query, ...]
