"""Equal rows, sorted together."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.optics.grouping import distinct_rows, group_rows, sorted_groups


@pytest.mark.parametrize("n_modes", [0, 1, 3, 8, 9, 70])
@pytest.mark.parametrize("most", [1, 3, 255])
@pytest.mark.parametrize("n_rows", [0, 1, 200])
def test_groups_are_those_of_a_dict(n_modes, most, n_rows):
    """Groups, sums and places agree with a dict; rows come ordered by the last mode first."""
    generator = np.random.default_rng(n_modes + most + n_rows)
    rows = np.ascontiguousarray(generator.integers(0, most, (n_rows, n_modes), dtype=np.uint8, endpoint=True))
    if n_modes > 3:
        rows[:, 2:-1] = 0
    weights = generator.random(n_rows)
    expected: dict[tuple[int, ...], float] = {}
    for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
        expected[tuple(row)] = expected.get(tuple(row), 0.0) + weight
    states, sums = group_rows(rows, weights)
    assert [tuple(state) for state in states.tolist()] == sorted(expected, key=lambda state: state[::-1])
    for state, total in zip(states.tolist(), sums.tolist(), strict=True):
        assert total == pytest.approx(expected[tuple(state)], rel=1e-12)
    distinct, where = distinct_rows(rows)
    assert np.array_equal(distinct[where], rows)
    assert len(distinct) == len(expected)
    order, starts = sorted_groups(rows)
    assert sorted(order.tolist()) == list(range(n_rows))
    assert len(starts) == len(expected)
