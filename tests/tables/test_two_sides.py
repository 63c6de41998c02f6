"""Chunks that are worked on from the middle outwards: what they leave stands together, in their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.tables.two_sides import TwoSides


class Worker:
    """Does one chunk at a time, and may be stopped in between.

    Args:
        sides: Where it gets the chunks from.
        rows: How many rows each chunk leaves.
        out: Where they go; place 0 is the middle.
    """

    def __init__(self, sides, rows, out):
        self._sides, self._rows, self._out = sides, rows, out
        self._current, self.pieces = None, 0

    @property
    def is_busy(self):
        return self._current is not None

    def take(self):
        self._current = self._sides.next_chunk()

    def finish(self):
        chunk, side, place = self._current
        self._current = None
        rows = [(chunk, k) for k in range(self._rows[chunk])]
        if place is None:
            self.pieces += 1
            known = side.done(chunk, len(rows), rows)
        else:
            self._put(rows, place - len(rows) if side.is_down else place)
            known = side.done(chunk, len(rows), None)
        for piece, size, start in known:
            assert len(piece) == size
            self._put(piece, start)

    def _put(self, rows, start):
        for k, row in enumerate(rows):
            assert start + k not in self._out
            self._out[start + k] = row


def ordered(sides, out):
    assert sorted(out) == list(range(sides.down.place, sides.up.place))
    return [out[place] for place in sorted(out)]


@given(data=st.data(), rows=st.lists(st.integers(0, 3), min_size=1, max_size=12), n=st.integers(1, 5))
def test_any_number_of_threads_in_any_order_leave_the_rows_in_order(data, rows, n):
    sides, out = TwoSides(len(rows), 0), {}
    workers = [Worker(sides, rows, out) for _ in range(n)]
    left = len(rows)
    while left or any(worker.is_busy for worker in workers):
        able = [worker for worker in workers if worker.is_busy or left]
        worker = able[data.draw(st.integers(0, len(able) - 1))]
        if worker.is_busy:
            worker.finish()
        else:
            worker.take()
            left -= 1
    assert ordered(sides, out) == [(chunk, k) for chunk, size in enumerate(rows) for k in range(size)]


def test_one_thread_leaves_no_piece():
    sides, out = TwoSides(9, 0), {}
    worker = Worker(sides, [2] * 9, out)
    for _ in range(9):
        worker.take()
        worker.finish()
    assert worker.pieces == 0
    assert len(ordered(sides, out)) == 18


def test_two_threads_leave_no_piece_while_both_sides_have_chunks():
    sides, out = TwoSides(9, 0), {}
    workers = [Worker(sides, [2] * 9, out) for _ in range(2)]
    for worker in workers:
        worker.take()
    for k in (0, 1, 1, 0, 0, 1):
        workers[k].finish()
        workers[k].take()
    assert sum(worker.pieces for worker in workers) == 0


def test_there_are_no_more_chunks_than_there_are():
    sides = TwoSides(1, 0)
    sides.next_chunk()
    with pytest.raises(IndexError):
        sides.next_chunk()
