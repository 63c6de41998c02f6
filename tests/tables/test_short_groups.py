"""Tables of short words, added up in memory that is used again: the answer is that of every other way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.errors import ResourceLimitError
from lwfast.tables import packed_table
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import PackedTable, joined
from lwfast.tables.short_groups import ShortPlaces, group_short_tables


def table_of(words, n_modes=5, bits=1):
    return PackedTable(np.array([words], np.uint64), n_modes, bits)


PARTS = st.lists(
    st.lists(st.tuples(st.integers(0, 31), st.integers(0, 2**40)), min_size=1, max_size=40),
    min_size=1,
    max_size=4,
)


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_groups_are_those_of_the_tables_joined(runs):
    """In the order in which they first appear; and nothing is left of one use for the next."""
    places = ShortPlaces()
    for parts in runs:
        tables = [(table_of([w for w, _ in part]), np.array([n for _, n in part])) for part in parts]
        whole = joined([table for table, _ in tables]), np.concatenate([counts for _, counts in tables])
        expected, sums = group_checked(*whole)
        for memory in (places, None):
            found = group_short_tables([*tables, *tables], memory)
            if found is None:  # too few rows for new memory
                assert memory is None
                continue
            assert found[0].columns.tolist() == expected.columns.tolist()
            assert found[1].tolist() == (2 * sums).tolist()
        assert not places.entries(5).any()


def test_a_sum_that_is_too_large_leaves_the_memory_as_it_was():
    places = ShortPlaces()
    wrong = table_of([3, 4, 3]), np.array([2**62, 1, 2**62])
    with pytest.raises(ResourceLimitError, match="2\\^63"):
        group_short_tables([wrong], places)
    assert not places.entries(5).any()
    found, sums = group_short_tables([(table_of([4, 3]), np.array([1, 2]))], places)
    assert (found.columns.tolist(), sums.tolist()) == ([[4, 3]], [1, 2])


def test_other_tables_are_left_to_others():
    counts, places = np.ones(2, np.int64), ShortPlaces()
    short = table_of([1, 2]), counts
    assert group_short_tables([short], places) is not None
    for other in (
        (np.zeros((2, 5), np.uint8), counts),
        (table_of([1, 2], 6), counts),
        (table_of([1, 2], 5, 2), counts),
    ):
        assert group_short_tables([short, other], places) is None
    assert group_short_tables([(table_of([1, 2], 21), counts)] * 99, places) is None  # 8 MB of entries
    assert group_short_tables([(table_of([1, 2], 7), counts)], places) is None  # 64 entries a row
    wide = PackedTable(np.zeros((2, 9), np.uint64), 70, 1)
    assert group_short_tables([(wide, np.ones(9, np.int64))], places) is None
    assert group_short_tables([], places) is None


def test_mapped_rows_are_made_piece_by_piece(monkeypatch):
    monkeypatch.setattr(packed_table, "CHUNK", 7)
    rng = np.random.default_rng(1)
    table = PackedTable(rng.integers(0, 2**10, (1, 50)).astype(np.uint64), 5, 2)
    mapped, counts = table.clicked(parity=False, invert=False), rng.integers(0, 9, 50)
    found, sums = group_short_tables([(mapped, counts)], ShortPlaces())
    expected, wanted = group_checked(table.clicked(parity=False, invert=False), counts)
    assert (found.columns.tolist(), sums.tolist()) == (expected.columns.tolist(), wanted.tolist())
