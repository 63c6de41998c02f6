"""Memory that is used again: never while somebody looks at it, and never more of it than is said."""

from __future__ import annotations

import functools
import pickle
import subprocess
import sys

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.buffers import frozen
from lwfast.tables import spare_memory
from lwfast.tables.packed_selection import select_packed
from lwfast.tables.packed_table import CHUNK, packed
from lwfast.tables.spare_memory import LEAST, MOST, empty, room_for, zeros
from tests.marks import needs_speed
from tests.started import threads

ENOUGH = LEAST // 8


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(spare_memory, "_spare", [])


def address(array):
    return array.__array_interface__["data"][0]


def kept():
    return sum(stop - start for _, touched in spare_memory._spare for start, stop in touched)


def test_memory_of_an_array_that_is_gone_is_used_again():
    array = empty((ENOUGH,), np.uint64)
    place = address(array)
    del array
    assert kept() == LEAST
    again = empty((2, ENOUGH), np.uint32)
    assert (address(again), again.shape, again.dtype) == (place, (2, ENOUGH), np.uint32)
    assert again.flags.writeable
    assert kept() == 0
    assert address(empty((ENOUGH,), np.uint64)) != place  # of two at a time, one is new


@pytest.mark.parametrize(
    "look", [lambda a: a[5:], lambda a: a[::7].T, memoryview, lambda a: a.view(np.uint8)[3:9], frozen]
)
def test_it_is_not_used_while_somebody_looks_at_a_part(look):
    array = empty((ENOUGH,), np.uint64)
    array[:] = 7
    view = look(array)
    before = np.array(view)
    place = address(array)
    del array
    other = empty((ENOUGH,), np.uint64)
    other[:] = 9
    assert address(other) != place
    assert (np.asarray(view) == before).all()
    del view
    assert address(empty((ENOUGH,), np.uint64)) == place


def test_frozen_memory_can_be_written_by_the_next_one():
    frozen(empty((ENOUGH,), np.uint64))
    assert kept() == LEAST
    empty((ENOUGH,), np.uint64)[:] = 1


def test_small_arrays_are_left_to_the_c_library():
    empty((ENOUGH - 1,), np.uint64)
    assert spare_memory._spare == []
    empty((ENOUGH,), np.uint64)
    small = empty((ENOUGH - 1,), np.uint64)
    assert small.nbytes < LEAST
    assert kept() == LEAST


def test_no_more_is_kept_than_the_limit():
    quarter = MOST // 4
    arrays = [empty((quarter,), np.uint8) for _ in range(6)]
    places = [address(array) for array in arrays]
    for _ in range(6):
        del arrays[0]
    assert kept() == MOST
    assert [address(memory) for memory, _ in spare_memory._spare] == places[2:]
    empty((MOST + 1,), np.uint8)
    assert kept() == MOST
    many = [empty((LEAST,), np.uint8) for _ in range(20)]
    del many
    assert len(spare_memory._spare) == 16


def test_what_was_never_touched_does_not_count():
    array, room = room_for((MOST,), np.uint8)
    part = room.kept(array[:LEAST])
    assert part.base is not None
    del array, room, part
    assert kept() == LEAST


def test_a_part_in_the_middle_counts_alone():
    array, room = room_for((8 * ENOUGH,), np.uint64)
    place, part = address(array), room.kept(array[3 * ENOUGH : 4 * ENOUGH])
    assert part.base is not None
    del array, room, part
    assert kept() == LEAST
    # A smaller array lies where the memory was touched.
    again = empty((ENOUGH,), np.uint64)
    assert address(again) == place + 3 * LEAST
    del again
    assert kept() == LEAST
    # What is written elsewhere comes on top, and so does what lies between if it is less than a huge page.
    again, room = room_for((8 * ENOUGH,), np.uint64)
    assert address(again) == place
    room.touch(8)
    room.touch(6 * LEAST, 5 * LEAST)
    del again, room
    assert kept() == 8 + 3 * LEAST


@pytest.mark.parametrize(
    ("touched", "size", "place", "held"),
    [
        ((5, 2 * LEAST + 5), LEAST, 0, 2 * LEAST + 5),  # at the beginning of a cache line
        ((2 * LEAST + 5, 4 * LEAST + 5), 3 * LEAST, 2 * LEAST, 3 * LEAST),  # up to the end of the memory
    ],
)
def test_a_smaller_array_lies_where_memory_was_touched_and_within_it(touched, size, place, held):
    first, last = touched
    array, room = room_for((5 * LEAST,), np.uint8)
    start = address(array)
    room.touch(last, first)
    del array, room
    again = empty((size,), np.uint8)
    assert (address(again) - start, again.nbytes) == (place, size)
    del again
    assert kept() == held


def test_an_empty_part_touches_nothing():
    array, room = room_for((4 * LEAST,), np.uint8)
    room.touch(LEAST)
    del array, room
    array, room = room_for((4 * LEAST,), np.uint8)
    room.touch(3 * LEAST, 3 * LEAST)
    assert room.kept(array[2 * LEAST : 2 * LEAST]).size == 0
    del array, room
    assert kept() == LEAST


def test_a_small_rest_does_not_hold_large_memory():
    array, room = room_for((64 * ENOUGH,), np.uint64)
    room.touch(8 * LEAST)
    array[:100] = np.arange(100)
    rest = room.kept(array[:100])
    del array, room
    assert kept() == 8 * LEAST
    assert rest.tolist() == list(range(100))
    assert rest.base is None
    # Nor does an array that needs far less than was written there before.
    assert empty((ENOUGH,), np.uint64).base is not None
    assert kept() == 9 * LEAST


def test_a_small_result_does_not_hold_a_large_array():
    """Pages that were never touched may still be memory of the process: of the heap, or of huge pages."""
    array, room = room_for((64 * ENOUGH,), np.uint64)
    array[:100] = np.arange(100)
    rest = room.kept(array[:100])
    assert rest.base is None
    assert rest.tolist() == list(range(100))
    assert room.kept(array[:0]).base is None
    assert room.kept(array[:ENOUGH]).base is not None


@pytest.mark.parametrize("n", [ENOUGH, ENOUGH - 1])
def test_half_of_a_smaller_array_is_not_copied_and_its_memory_is_used_again(n):
    array, room = room_for((n,), np.uint64)
    part = room.kept(array[: n // 2])
    assert part.base is not None
    del array, room, part
    assert len(spare_memory._spare) == (n >= ENOUGH)


def test_columns_are_moved_together():
    array, room = room_for((2, 2 * ENOUGH), np.uint64)
    array[:] = [[1], [2]]
    part = room.kept(array[:, :ENOUGH])
    assert part.flags.c_contiguous
    assert not np.shares_memory(part, array)
    assert (part == [[1], [2]]).all()
    del array, room
    assert kept() == 4 * LEAST
    del part
    assert kept() == 6 * LEAST


def test_columns_of_a_smaller_array_touch_no_more_than_that():
    array, room = room_for((60 * LEAST,), np.uint8)
    room.touch(2 * LEAST)
    del array, room
    array, room = room_for((2, LEAST), np.uint8)
    part = room.kept(array[:, : LEAST // 2])
    assert not np.shares_memory(part, array)
    del array, room, part
    assert kept() == 3 * LEAST


def test_a_part_of_memory_that_was_touched_far_from_it_is_not_copied():
    """Groups of a large table are written to its beginning, what is selected of one to the middle.

    A selection that came after groups was copied, and so was each one after it, in three times as long.
    """
    array, room = room_for((40 * LEAST,), np.uint8)
    place = address(array)
    room.touch(3 * LEAST)
    del array, room
    for _ in range(2):
        array, room = room_for((40 * LEAST,), np.uint8)
        assert address(array) == place
        part = room.kept(array[14 * LEAST : 27 * LEAST])
        assert address(part) == place + 14 * LEAST
        del array, room, part
        assert kept() == 16 * LEAST


def test_a_copy_is_made_in_memory_that_was_used_before():
    places = set()
    for _ in range(3):
        array, room = room_for((40 * LEAST,), np.uint8)
        room.touch(30 * LEAST)
        part = room.kept(array[14 * LEAST : 27 * LEAST])
        assert not np.shares_memory(part, array)
        places.add(address(part))
        del array, room, part
        assert kept() == 43 * LEAST
    assert len(places) == 1


@pytest.mark.parametrize("size", [10, ENOUGH, 4 * ENOUGH, 40 * ENOUGH])
def test_zeros_are_zeros_on_memory_that_was_written(size):
    dirty = [empty((n,), np.uint64) for n in (4 * ENOUGH, ENOUGH)]
    for array in dirty:
        array[:] = 2**64 - 1
    place = address(dirty[0])
    del dirty, array
    found = zeros((size,), np.uint64)
    assert not found.any()
    assert (found.shape, found.dtype) == ((size,), np.uint64)
    assert (address(found) == place) == (size == 4 * ENOUGH)


def test_nobody_waits_for_the_lock(monkeypatch):
    """A thread may be stopped with it: by a fork, or where an object goes in the middle of what it does."""
    asked = []

    class Taken:
        def acquire(self, **how):
            asked.append(how)
            return False

    array = empty((ENOUGH,), np.uint64)
    monkeypatch.setattr(spare_memory, "_lock", Taken())
    del array
    assert spare_memory._spare == []
    empty((ENOUGH,), np.uint64)[:] = 1
    assert asked == [{"blocking": False}] * 3  # two arrays go


def test_threads_never_share_memory():
    def work(number):
        for k in range(300):
            array = empty((ENOUGH + number % 3,), np.uint64)
            array[::4096] = 1000 * number + k
            view = array[::4096]
            del array
            if (view != 1000 * number + k).any():
                wrong.append(number)

    wrong = []
    with threads(*(functools.partial(work, number) for number in range(4))):
        pass
    assert wrong == []


@needs_speed
def test_selections_keep_what_they_found():
    """Results of one selection after another, some of which are still there: each is what it was."""
    rng = np.random.default_rng(3)
    states = rng.integers(0, 4, (5 * CHUNK, 20)).astype(np.uint8)
    counts = rng.integers(1, 9, len(states))
    words = packed(states)
    found = {}
    for k in range(12):
        rule = lw.rules.Rule((k, k + 1), (1, 2, 3))
        found[k % 5] = k, *select_packed(words, counts, (rule,), (19,) if k % 2 else ())
        for other, table, sums in found.values():
            rows = np.isin(states[:, other] + states[:, other + 1], (1, 2, 3))
            assert (sums == counts[rows]).all()
            assert (table.states == states[rows][:, : 19 if other % 2 else 20]).all()
    table, sums = pickle.loads(pickle.dumps(found[0][1:]))
    assert (sums == found[0][2]).all()
    assert (table.states == found[0][1].states).all()


@pytest.mark.parametrize("kept", ["", "spare_memory, "])
def test_the_interpreter_ends_in_silence(kept):
    """A module that somebody keeps is cleared before what `sys` holds."""
    code = (
        "import sys; from lwfast.tables import spare_memory; "
        f"sys.kept = {kept}spare_memory.empty((1 << 22,), 'u1')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
