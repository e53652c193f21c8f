"""Following motion block by block is following it pixel by pixel, wherever blocks lie and come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.video.accumulate import identity, motion, push
from mtkd_engine.data.video.follow import follow
from mtkd_engine.data.video.vectors import Vectors, dense
from tests.engine.data.video import literal
from tests.engine.data.video.test_streams import VECTOR, block

HEIGHT, WIDTH = 40, 54


def blocks(rng: np.random.Generator, *, share: float, reach: int) -> Vectors:
    """A vector for every block of 16 of a picture, some of them four blocks of 8; only a share of them moves."""
    listed: list[tuple[Any, ...]] = []
    for top in range(0, HEIGHT, 16):
        for left in range(0, WIDTH, 16):
            side = 8 if rng.random() < 0.3 else 16
            corners = [(x, y) for y in range(top, top + 16, side) for x in range(left, left + 16, side)]
            for x, y in corners:
                by = rng.integers(-reach, reach + 1, 2) if rng.random() < share else (0, 0)
                centre = (x + side // 2, y + side // 2)
                listed.append(block(-1, side, side, centre=centre, by=(int(by[0]), int(by[1]))))
    return np.array(listed, VECTOR)


@pytest.mark.parametrize("share", [0.1, 0.6, 1.0])
@pytest.mark.parametrize("reach", [3, 20, 60])
def test_places_are_those_of_the_definition(share: float, reach: int) -> None:
    rng = np.random.default_rng([reach, int(10 * share)])
    places_HW, pushed_HW = identity(HEIGHT, WIDTH).copy(), identity(HEIGHT, WIDTH)
    places = literal.unmoved(HEIGHT, WIDTH)
    for _ in range(5):
        vectors = blocks(rng, share=share, reach=reach)
        follow(places_HW, vectors)
        pushed_HW = push(pushed_HW, dense(vectors, height=HEIGHT, width=WIDTH))
        places = literal.followed(places, literal.vector_of_each_pixel(vectors, height=HEIGHT, width=WIDTH))
    assert np.array_equal(places_HW, pushed_HW)
    assert np.array_equal(motion(places_HW), literal.motion_of(places))
    assert motion(places_HW).any()


def test_where_nothing_moves_nothing_is_written() -> None:
    places_HW = identity(HEIGHT, WIDTH)
    assert not places_HW.flags.writeable
    follow(places_HW, blocks(np.random.default_rng(0), share=0, reach=1))
