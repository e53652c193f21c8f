"""Where people would look: several viewers whose eyes follow what acts."""

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.world.cast import Script
from mtkd_engine.data.world.render import centres
from mtkd_engine.data.world.script import SIZE

VIEWERS = 5
_HOLD = 3
"""Frames for which a viewer keeps to one target."""


def watch(script: Script, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one fixation per frame and viewer: (T, VIEWERS, 2) pixel coordinates x, y."""
    places = centres(script)
    acting = np.full(script.frames, -1)
    for deed in script.deeds:
        acting[deed.first : deed.last] = deed.actor
    holds = -(-script.frames // _HOLD)
    wander = np.repeat(rng.integers(len(script.actors), size=(holds, VIEWERS)), _HOLD, axis=0)[
        : script.frames
    ]
    follow = np.repeat(rng.random((holds, VIEWERS)) < 0.9, _HOLD, axis=0)[: script.frames]
    target = np.where(follow & (acting >= 0)[:, None], acting[:, None], wander)
    points = np.take_along_axis(places, target[..., None], axis=1)
    blurred = points + rng.normal(0, 2.0, points.shape)
    return np.clip(blurred, 0, SIZE - 1).astype(np.float32)
