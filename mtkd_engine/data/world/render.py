"""Scripts to pixels, with the exact mask of every actor in every frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.world.cast import PIXELS, Action, Actor, Script, Shape
from mtkd_engine.data.world.script import SIZE

Floats = NDArray[np.float32]
_RADIUS = 6.5
_REACH = 13
"""Half side of the patch an actor is drawn in; larger than the grown radius."""


@dataclass
class _Poses:
    """Per frame: centre, scale, angle (radians) and visibility of one actor."""

    x: Floats
    y: Floats
    scale: Floats
    angle: Floats
    visible: Floats


def render(script: Script, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a script: RGB frames (T, H, W, 3) and masks (T, H, W) with 0 for ground, 1 + index for actors."""
    frames = _ground(script.frames, rng)
    masks = np.zeros(frames.shape[:3], np.uint8)
    pixels, labels = frames.reshape(-1, 3), masks.reshape(-1)
    for index, actor in enumerate(script.actors):
        poses = _poses(script, index)
        cover, at = _touched(actor.shape, poses)
        under = np.take(pixels, at, axis=0)
        colour = np.asarray(PIXELS[actor.colour], np.float32)
        pixels[at] = np.rint(under + cover[:, None] * (colour - under))
        labels[at[cover > 0.5]] = index + 1
    return frames, masks


def centres(script: Script) -> Floats:
    """Compute where each actor is: (T, actors, 2) pixel coordinates x, y."""
    poses = [_poses(script, index) for index in range(len(script.actors))]
    places: Floats = np.stack([np.stack([pose.x, pose.y], axis=-1) for pose in poses], axis=1)
    return places


def _ground(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    shade = rng.uniform(30, 60)
    slope = rng.uniform(-10, 10, 2)
    unit = np.linspace(-0.5, 0.5, SIZE)
    still = shade + slope[0] * unit[:, None] + slope[1] * unit[None, :]
    still += rng.uniform(-4, 4, still.shape)
    flicker = rng.integers(0, 4, (count, SIZE, SIZE), dtype=np.uint8)
    flicker += np.rint(still).astype(np.uint8)
    ground = np.empty((*flicker.shape, 3), np.uint8)
    for channel in range(3):
        ground[..., channel] = flicker
    return ground


def _poses(script: Script, index: int) -> _Poses:
    actor, count = script.actors[index], script.frames
    poses = _Poses(
        x=np.full(count, actor.home_x, np.float32),
        y=np.full(count, actor.lane, np.float32),
        scale=np.ones(count, np.float32),
        angle=np.zeros(count, np.float32),
        visible=np.ones(count, np.float32),
    )
    for deed in script.deeds:
        if deed.actor == index:
            _act(poses, deed.action, deed.first, deed.last, actor)
    return poses


def _act(poses: _Poses, action: Action, first: int, last: int, actor: Actor) -> None:
    during = slice(first, last)
    count = last - first
    share = (np.arange(count) / count).astype(np.float32)
    if action in ("right", "left"):
        way = SIZE if action == "right" else -SIZE
        poses.x[during] = (actor.home_x + way * share) % SIZE
    elif action == "jump":
        hops = max(2, round(count / 8))
        poses.y[during] -= 8 * np.abs(np.sin(np.pi * hops * share))
    elif action == "spin":
        turns = max(1, round(count / 16))
        poses.angle[during] = 2 * np.pi * turns * share
    elif action == "grow":
        poses.scale[during] = 1 + 0.75 * _swell(share)
    elif action == "shrink":
        poses.scale[during] = 1 - 0.6 * _swell(share)
    else:
        poses.visible[during] = np.arange(count) // 2 % 2 == 1


def _swell(share: Floats) -> Floats:
    """Rise from 0 to 1 in the first three quarters of the deed and fall back in the last."""
    swell: Floats = np.minimum(share / 0.75, (1 - share) / 0.25).astype(np.float32)
    return swell


def _patch(shape: Shape, poses: _Poses) -> tuple[Floats, NDArray[np.intp]]:
    """Compute the coverage of each pixel of the patches, and the pixels' places in their frame."""
    offsets = np.arange(-_REACH, _REACH + 1)
    rows = np.rint(poses.y).astype(np.intp)[:, None] + offsets
    columns = np.rint(poses.x).astype(np.intp)[:, None] + offsets
    v = (rows - poses.y[:, None])[:, :, None]
    u = (columns - poses.x[:, None])[:, None, :]
    cos, sin = np.cos(poses.angle)[:, None, None], np.sin(poses.angle)[:, None, None]
    radius = (_RADIUS * poses.scale)[:, None, None]
    inside = _distance(shape, u * cos + v * sin, v * cos - u * sin, radius)
    cover = np.clip(0.5 - inside, 0, 1) * poses.visible[:, None, None]
    # A patch that hangs over the lower edge leaves the last row alone: seeds keep the pixels they always gave.
    on_screen = (rows >= 0) & (rows < np.where(rows[:, -1:] < SIZE, SIZE, SIZE - 1))
    cover = (cover * on_screen[:, :, None]).astype(np.float32)
    return cover, np.clip(rows, 0, SIZE - 1)[:, :, None] * SIZE + (columns % SIZE)[:, None, :]


def _touched(shape: Shape, poses: _Poses) -> tuple[Floats, NDArray[np.intp]]:
    """Compute what an actor covers at all, and which pixels of all frames these are.

    It rests most of the time: what it covers in one pose is computed once, for all frames that show it.
    """
    each = np.stack([poses.x, poses.y, poses.scale, poses.angle, poses.visible], axis=1)
    different, which = np.unique(each, axis=0, return_inverse=True)
    cover, places = _patch(shape, _Poses(*different.T))
    touched = np.nonzero(cover)
    cover, places = cover[touched], places[touched]
    counts = np.bincount(touched[0], minlength=len(different))
    begins = np.cumsum(counts) - counts
    which = which.reshape(-1)
    shown = counts[which]
    frame = np.repeat(np.arange(len(which)), shown)
    nth = np.arange(len(frame)) - np.repeat(np.cumsum(shown) - shown, shown)
    entry = begins[which][frame] + nth
    return cover[entry], frame * SIZE**2 + places[entry]


def _distance(shape: Shape, u: Floats, v: Floats, radius: Floats) -> Floats:
    """Compute the signed distance to the outline (negative inside) in the actor's own axes."""
    inside: Floats
    if shape == "square":
        inside = np.maximum(np.abs(u), np.abs(v)) - 0.9 * radius
    elif shape == "triangle":
        slant = np.sqrt(np.float32(3)) / 2
        inside = np.maximum(v, slant * np.abs(u) - v / 2) - 0.62 * radius
    else:  # the circle has a notch, or nobody could see it spin
        notch = 0.85 * np.abs(v) - 0.52 * u
        inside = np.maximum(np.hypot(u, v) - radius, -notch)
    return inside
