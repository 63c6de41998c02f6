"""Sums of rows that count once, which are added up as bytes, against NumPy: every layout, size and bound."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.tables.packed_sums import packed_sums_of
from lwfast.tables.packed_table import packed
from tests.marks import needs_speed


def check(states, bits, counts=None):
    """Compare sums of rows, packed with some bits a mode, with those that NumPy makes of bytes."""
    counts = np.ones(len(states), np.int64) if counts is None else counts
    words = packed(states, 0).with_bits(bits)
    assert words.bits == bits
    histogram, sums = packed_sums_of(words, counts)
    rows = states.astype(np.int64)
    expected = np.zeros(len(histogram), np.int64)
    np.add.at(expected, rows.sum(axis=1), counts)
    assert histogram.tolist() == expected.tolist()
    assert sums[-1].tolist() == (counts @ rows).tolist()
    assert np.array_equal(sums[:-1].astype(np.int64), np.triu((rows.T * counts) @ rows))


def rows_of(n_rows, n_modes, most, seed=0):
    """Rows with any photon numbers, the largest among them."""
    rng = np.random.default_rng(seed + 1000 * n_modes + most)
    states = rng.integers(0, most + 1, (n_rows, n_modes)).astype(np.uint8)
    states[:, -1] = most  # in the lowest bits
    return states


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("n_modes", [1, 2, 3, 4, 5, pytest.param(8, marks=needs_speed)])
def test_any_bits_of_few_modes(bits, n_modes):
    check(rows_of(300, n_modes, min(2**bits - 1, 15)), bits)


@needs_speed
@pytest.mark.parametrize("bits", range(1, 9))
def test_any_bits_of_any_number_of_modes(bits):
    """Modes across two bytes at each place, rows in several words, the last of which has fewer modes."""
    for n_modes in range(9, 65):
        check(rows_of(1100, n_modes, min(2**bits - 1, 15)), bits)


@needs_speed
@pytest.mark.parametrize("n_modes", [1, 20, 40])
def test_any_number_of_rows_about_the_ends_of_blocks_and_strips(n_modes):
    ends = [1024 * k for k in (1, 2, 3, 6, 14, 30)]  # strips have 2, 4, 8 and then 16 blocks
    for n_rows in (1, 7, 8, 9, *(end + more for end in ends for more in (-1, 0, 1))):
        check(rows_of(n_rows, n_modes, 7), 3)


@needs_speed
@pytest.mark.parametrize("most", [1, 2, 3, 7, 8, 15, 16])
@pytest.mark.parametrize("n_modes", [1, 17, 20, 127, 128, 129])
def test_sums_of_16_bits_are_taken_before_they_overflow(n_modes, most):
    """Every number is as large as it gets, below and above what bytes hold, in more rows than a strip has."""
    states = np.full((50_000, n_modes), most, np.uint8)
    bits = packed(states[:1], 0).bits
    histogram, sums = packed_sums_of(packed(states, 0), np.ones(50_000, np.int64))
    assert bits >= most.bit_length()
    assert np.flatnonzero(histogram).tolist() == [n_modes * most]
    assert histogram[n_modes * most] == 50_000
    assert np.unique(sums[-1]).tolist() == [50_000 * most]
    assert np.unique(sums[:-1][np.triu_indices(n_modes)]).tolist() == [50_000 * most**2]


@pytest.mark.parametrize("total", [0, 1, 22, 23, 24, 25, 127, 128, 255, 256, 300])
def test_totals_below_and_above_what_is_tried_and_what_fits_bytes(total):
    """Most rows have few photons, and one row as many as that."""
    states = np.zeros((1100, 40), np.uint8)
    states[:, 3] = np.arange(1100) % 3
    row, left = np.zeros(40, np.uint8), total
    for mode in range(40):
        row[mode] = min(left, 15)
        left -= int(row[mode])
    states[700] = row
    check(states, 4)
    states[1050:] = row  # in the block that has fewer rows
    check(states, 4)


@needs_speed
def test_counts_above_one_in_some_strips():
    """A strip with another count is added up with weights, and the strips beside it are not."""
    states = rows_of(60_000, 20, 7)
    for places in ([0], [2047], [2048], [30_000], [59_999], [5, 40_000]):
        for count in (0, 2, 1000):
            counts = np.ones(60_000, np.int64)
            counts[places] = count
            check(states, 3, counts)


@needs_speed
def test_rows_that_start_at_any_place():
    """A part of a table is a view, whose words begin anywhere in a cache line."""
    table = packed(rows_of(3000, 20, 7), 0)
    whole = table.states.astype(np.int64)
    for first in range(1, 9):
        part = table[first : first + 2500]
        histogram, sums = packed_sums_of(part, np.ones(2500, np.int64))
        rows = whole[first : first + 2500]
        assert np.array_equal(histogram, np.bincount(rows.sum(axis=1), minlength=len(histogram)))
        assert np.array_equal(sums[:-1].astype(np.int64), np.triu(rows.T @ rows))
