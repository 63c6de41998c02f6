"""Grouping equal rows."""

from __future__ import annotations

import contextlib
import runpy
import secrets
import threading

import numpy as np
import pytest
from hypothesis import given

import lwfast as lw
from tests.kernels.twins import plain
from tests.reference import counts as slow
from tests.started import threads
from tests.strategies import tables


def check(states, counts):
    rows, sums = lw.group_counts(states, counts)
    expected = slow.group_counts(states, counts)
    assert [tuple(r) for r in rows.tolist()] == expected[0]
    assert sums.tolist() == expected[1]
    assert rows.dtype == np.uint8
    assert sums.dtype == np.int64


@given(table=tables())
def test_groups_are_those_of_a_dict_in_its_order(table):
    check(*table)


@pytest.mark.parametrize("n_modes", [0, 1, 3, 7, 8, 9, 15, 16, 17, 20, 31, 32, 40])
@pytest.mark.parametrize(("n_rows", "top"), [(300, 1), (5000, 1), (5000, 9), (20000, 255)])
def test_every_width_and_size_is_grouped_as_a_dict_does(n_modes, n_rows, top):
    """All branches of the hash, and tables that have to grow."""
    rng = np.random.default_rng(n_modes + n_rows + top)
    states = rng.integers(0, top + 1, (n_rows, n_modes)).astype(np.uint8)
    states[n_rows // 2 :: 7] = states[0]
    check(states, rng.integers(0, 1000, n_rows))


def test_sorted_and_distinct_rows_come_back_as_copies():
    states = np.arange(3000, dtype=np.uint16).view(np.uint8).reshape(3000, 2)[:, ::-1].copy()
    counts = np.arange(3000)
    for order in (np.arange(3000), np.random.default_rng(0).permutation(3000)):
        rows, sums = lw.group_counts(states[order], counts[order])
        assert np.array_equal(rows, states[order])
        assert np.array_equal(sums, counts[order])
    rows, sums = lw.group_counts(states, counts)
    assert not np.shares_memory(rows, states)
    assert not np.shares_memory(sums, counts)


def test_the_total_and_the_rows_are_kept():
    rng = np.random.default_rng(1)
    states = rng.integers(0, 3, (10_000, 6))
    rows, sums = lw.group_counts(states)
    assert sums.sum() == 10_000
    assert np.array_equal(np.unique(rows, axis=0), np.unique(states, axis=0))


def test_a_sum_above_int64_is_an_error():
    states = np.zeros((1000, 3), np.uint8)
    counts = np.full(1000, 2**62)
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        lw.group_counts(states, counts)
    assert lw.group_counts(states[:2], [2**62, 2**62 - 1])[1].tolist() == [2**63 - 1]


@pytest.mark.parametrize(
    ("states", "counts", "error"),
    [
        ([[0, 1.5]], [1], TypeError),
        ([[0, 300]], [1], ValueError),
        ([[0, -1]], [1], ValueError),
        ([0, 1], [1], ValueError),
        ([[0, 1]], [1, 2], ValueError),
        ([[0, 1]], [1.5], TypeError),
        ([[0, 1]], [-1], ValueError),
        ([[0, 1]], [2**63], ValueError),
        ([[0, 1]], np.array([2**63], np.uint64), ValueError),
        ([[0, 1]], np.array([2**63], object), ValueError),
        ([[0, 1]], np.array([-1], object), ValueError),
        ([[0, 1]], np.array([True], object), TypeError),
        ([[0, 1]], np.array([1.0], object), TypeError),
        ([[True, False]], [1], TypeError),
    ],
)
def test_wrong_arrays_are_refused(states, counts, error):
    with pytest.raises(error):
        lw.group_counts(states, counts)


def test_counts_of_any_integer_type_are_taken():
    """Python's own integers in an array of objects too, up to the largest count."""
    for counts in ([5, 2**63 - 6], np.array([5, 2**63 - 6], object), np.array([5, 2**63 - 6], np.uint64)):
        rows, sums = lw.group_counts([[0, 1], [0, 1]], counts)
        assert (rows.tolist(), sums.tolist(), sums.dtype) == ([[0, 1]], [2**63 - 1], np.int64)


def test_empty_tables_stay_empty():
    for empty in ([], np.zeros((0, 5), np.uint8)):
        rows, sums = lw.group_counts(empty)
        assert rows.shape[0] == 0
        assert sums.shape == (0,)


def test_the_compiled_grouping_and_its_source_agree():
    from lwfast._kernels.tables import counts as kernels

    rng = np.random.default_rng(2)
    states = rng.integers(0, 2, (200, 11)).astype(np.uint8)
    counts = rng.integers(0, 9, 200)
    answers = []
    for group in (kernels.group_hash, plain(kernels.group_hash)):
        slots, first, sums = np.zeros(512, np.uint64), np.zeros(256, np.uint32), np.zeros(256, np.int64)
        keys = np.uint64(12345), np.uint64(987654321)
        with np.errstate(over="ignore"):
            n, row = group(states.reshape(-1), 11, 0, 200, counts, *keys, 0, slots, first, sums)
        answers.append((n, row, first[:n].tolist(), sums[:n].tolist(), slots.tolist()))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("n_modes", [5, 12, 20])
@pytest.mark.parametrize("n_rows", [900, 1024, 5001])
def test_the_check_of_large_tables_finds_a_single_pair(monkeypatch, n_modes, n_rows):
    """Tables above a size are checked in parts: two equal rows in one chunk, in two, or nowhere."""
    from lwfast._base import parallel as _parallel
    from lwfast.tables import counts

    monkeypatch.setattr(counts, "_MANY", 800)
    monkeypatch.setattr(counts, "_CHUNK", 512)
    numbers = np.random.default_rng(n_rows).permutation(n_rows)
    states = np.zeros((n_rows, n_modes), np.uint8)
    states[:, 0], states[:, -1] = numbers % 256, numbers // 256
    column = np.arange(n_rows)
    for cores in (1, 3):
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        rows, sums = lw.group_counts(states, column)
        assert np.array_equal(rows, states)
        assert np.array_equal(sums, column)
        for a, b in ((600, 601), (3, n_rows - 1), (700, 850)):
            paired = states.copy()
            paired[b] = paired[a]
            rows, sums = lw.group_counts(paired, column)
            assert np.array_equal(rows, np.delete(paired, b, axis=0))
            assert sums.sum() == column.sum()
            assert sums[a] == a + b


def test_threads_that_hash_at_the_same_time_for_the_first_time_share_the_secrets(monkeypatch):
    """By two pairs, equal rows have different hashes: a table that grew in between held them twice."""
    from lwfast.tables import row_hash

    both, found = threading.Barrier(2), []
    draw = secrets.randbits

    def draw_together(n_bits):
        with contextlib.suppress(threading.BrokenBarrierError):  # one thread may draw for all
            both.wait(1)
        return draw(n_bits)

    monkeypatch.setattr(secrets, "randbits", draw_together)
    hash_keys = runpy.run_path(row_hash.__file__)["hash_keys"]  # as in a new process
    with threads(*2 * [lambda: found.append(hash_keys())]):
        pass
    assert found[0] == found[1] == hash_keys()


def test_the_compiled_check_in_parts_and_its_source_agree():
    from lwfast._kernels.tables import counts as kernels
    from lwfast.tables.row_hash import hash_keys

    states = np.random.default_rng(2).integers(0, 3, (200, 9)).astype(np.uint8)
    answers = []
    for is_plain in (False, True):
        sort, look = (
            plain(kernel) if is_plain else kernel for kernel in (kernels.sort_hashes, kernels.distinct_part)
        )
        hashes, ends = np.empty(200, np.uint64), np.zeros((2, 4), np.int64)
        with np.errstate(over="ignore"):
            for chunk in range(2):
                rows = slice(100 * chunk, 100 * chunk + 100)
                sort(states[rows].reshape(-1), 9, *hash_keys(), 62, ends[chunk], hashes[rows])
            distinct = [look(hashes, 100, ends, part, np.empty(256, np.uint32)) for part in range(4)]
            # Parts that are fuller than the slots allow are not called distinct.
            distinct.append(look(hashes, 100, ends, 0, np.empty(16, np.uint32)))
        answers.append((hashes.tolist(), ends.tolist(), distinct))
    assert answers[0] == answers[1]
    assert answers[0][2] == [True] * 4 + [False]


def test_masked_entries_are_refused():
    """What stands behind a mask is no photon and no count; without masked entries the data count."""
    whole = np.ma.array([[1, 0], [0, 1]], mask=False), np.ma.array([3, 4])
    assert lw.group_counts(*whole)[1].tolist() == [3, 4]
    for states, counts in (
        (np.ma.array([[1, 0]], mask=[[1, 0]]), [1]),
        ([[1, 0]], np.ma.array([1], mask=[1])),
    ):
        with pytest.raises(ValueError, match="masked entries"):
            lw.group_counts(states, counts)
