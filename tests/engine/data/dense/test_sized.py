"""Arrays that are made once for each size, whoever asks for them and however many ask at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.dense.nearest import nearest
from mtkd_engine.data.dense.sized import Bytes, Sized


class Maker:
    """Makes arrays that say their place, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[int, tuple[int, int]]] = Counter()

    def __call__(self, place: int, size: tuple[int, int]) -> Bytes:
        self.asked[place, size] += 1
        return np.full((*size, 3), place, np.uint8)


def test_each_array_is_made_once_though_several_threads_ask(tmp_path: Path) -> None:
    maker = Maker()
    sized = Sized("tiles", maker, pixel=(3,))
    sized.keep_in(tmp_path, content_hash="0" * 64)
    with ThreadPoolExecutor(8) as threads:
        several = list(threads.map(lambda _: sized.several(range(20), (2, 3), of=20), range(16)))
    assert all(np.array_equal(one[:, 0, 0, 0], np.arange(20)) for one in several)
    assert set(maker.asked.values()) == {1}
    assert [path.name for path in tmp_path.iterdir()] == [f"tiles-{'0' * 32}-2x3.npy"]
    again = Maker()
    other = Sized("tiles", again, pixel=(3,))
    other.keep_in(tmp_path, content_hash="0" * 64)
    assert np.array_equal(other.several([7, 3], (2, 3), of=20)[:, 1, 2, 0], [7, 3])
    assert not again.asked


def test_sizes_are_kept_apart() -> None:
    sized = Sized("tiles", Maker(), pixel=(3,))
    assert sized.several([1], (2, 3), of=4).shape == (1, 2, 3, 3)
    assert sized.several([1, 1, 0], (3, 2), of=4).shape == (3, 3, 2, 3)


@pytest.mark.parametrize("size", [(3, 5), (6, 10), (9, 4), (1, 1)])
def test_nearest_takes_the_pixel_under_the_middle(size: tuple[int, int]) -> None:
    values = np.arange(30).reshape(1, 6, 5)
    rows = [int((row + 0.5) * 6 / size[0]) for row in range(size[0])]
    columns = [int((column + 0.5) * 5 / size[1]) for column in range(size[1])]
    assert np.array_equal(nearest(values, *size), values[:, rows][:, :, columns])
    assert nearest(values, 6, 5) is values
