from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.chunks import LAYOUT, Run, join, pack, unpack
from jobs.queries.thinning import thin

points = st.lists(
    st.tuples(
        st.integers(1, 2**40), st.integers(0, 2**31 - 1), st.floats(width=64), st.integers(0, 2**32 - 1)
    ),
    min_size=1,
    max_size=50,
).map(lambda found: [(min(seq, found[0][0] + 2**30), *rest) for seq, *rest in found])


@given(points)
def test_every_point_comes_back_as_it_was(found: list[tuple[int, int, float, int]]) -> None:
    run = Run.of([(found[0][0] + index, *rest) for index, (_, *rest) in enumerate(found)])  # type: ignore[misc]
    back = unpack(
        pack(run), layout=LAYOUT, points=len(run), step_first=int(run.steps.min()), seq_first=int(run.seqs[0])
    )
    for name in ("seqs", "steps", "times_ms"):
        assert np.array_equal(getattr(run, name), getattr(back, name))
    assert run.values.tobytes() == back.values.tobytes()


def test_a_point_takes_no_more_than_25_bytes() -> None:
    run = Run.of([(seq, seq, 0.5, seq) for seq in range(1, 513)])
    assert len(pack(run)) <= 25 * len(run)


def test_extremes_are_those_of_the_finite_values() -> None:
    run = Run.of([(1, 1, math.nan, 0), (2, 2, -1.0, 0), (3, 3, math.inf, 0), (4, 4, 7.0, 0)])
    assert run.extremes() == (-1.0, 7.0)
    assert all(math.isnan(value) for value in Run.of([(1, 1, math.nan, 0)]).extremes())
    assert len(join([])) == 0


def test_a_planted_spike_survives_thinning_and_so_do_nan_and_infinity() -> None:
    steps = np.arange(100_000)
    values = np.sin(steps / 5000)
    values[77_777], values[12_345], values[50_000], values[60_000] = 1e6, -1e6, math.nan, math.inf
    chosen = thin(steps, values, buckets=400)
    assert {0, 99_999, 77_777, 12_345, 50_000, 60_000} <= set(chosen.tolist())
    assert len(chosen) <= 4 * 400 + 2


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=300), st.integers(1, 40))
def test_thinning_keeps_both_ends_and_both_extremes(values: list[float], buckets: int) -> None:
    steps, array = np.arange(len(values)) * 3, np.array(values)
    chosen = thin(steps, array, buckets=buckets)
    assert {0, len(values) - 1} <= set(chosen.tolist())
    assert np.all(np.diff(chosen) > 0)
    finite = array[np.isfinite(array)]
    if len(finite):
        kept = array[chosen]
        kept = kept[np.isfinite(kept)]
        assert (kept.min(), kept.max()) == (finite.min(), finite.max())
