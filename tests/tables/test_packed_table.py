"""Tables as words: every operation beside the table in bytes, and beside slow twins."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.results.processing.summaries import summary_of
from lwfast.rules import Rule
from lwfast.tables import counts as byte_counts
from lwfast.tables import packed_groups, packed_parts, packed_selection, packed_table
from lwfast.tables.binning import some_modes, totals_of
from lwfast.tables.packed_layout import bits_for
from lwfast.tables.packed_sums import packed_sums_of
from lwfast.tables.packed_table import PackedTable, fitting, joined, packed, same_tables
from lwfast.tables.post_selection import select_checked
from tests.marks import needs_speed, uncompiled, wraps
from tests.reference import packed_table as slow

# Number of modes and most photons of a mode: one word and several, full to the last bit, and few modes.
SHAPES = [
    (1, 1), (1, 255), (3, 9), (5, 15), (7, 255), (8, 255), (9, 127), (12, 31), (16, 15), (16, 255),
    (20, 0), (20, 1), (20, 7), (20, 8), (20, 63), (21, 7), (22, 7), (33, 1), (33, 3), (64, 1), (64, 15),
    (65, 1), (65, 3), (130, 7),
]  # fmt: skip


def table_of(n_rows, n_modes, most, seed=0):
    """Rows among which equal ones are likely, the largest number in them, and counts."""
    rng = np.random.default_rng(seed + n_rows + 1000 * n_modes + most)
    states = rng.integers(0, most + 1, (n_rows, n_modes)).astype(np.uint8)
    if n_rows:
        states[n_rows // 2 :: 3] = states[: len(states[n_rows // 2 :: 3])]
        states[-1, -1] = most
    return states, rng.integers(0, 2**40, n_rows)


@st.composite
def packable(draw, max_rows=60):
    """A table that words hold, its counts, and the same in words."""
    n_modes, most = draw(st.sampled_from(SHAPES))
    n_rows = draw(st.integers(0, max_rows))
    states, counts = table_of(n_rows, n_modes, most, draw(st.integers(0, 2**20)))
    words = packed(states, 0)
    assert words is not None
    return states, counts, words


def check_rows(found, expected):
    """Compare a table and counts in words with those in bytes: values, order, types and shapes."""
    table, counts = found
    states = table.states if isinstance(table, PackedTable) else table
    assert states.dtype == expected[0].dtype == np.uint8
    assert states.shape == expected[0].shape
    assert np.array_equal(states, expected[0])
    assert counts.dtype == expected[1].dtype == np.int64
    assert np.array_equal(counts, expected[1])


@pytest.mark.parametrize(("n_modes", "most"), SHAPES)
@pytest.mark.parametrize("n_rows", [0, 1, 2, 7, 300])
def test_words_are_those_of_the_twin_and_give_the_bytes_back(n_modes, most, n_rows):
    states, _ = table_of(n_rows, n_modes, most)
    words = packed(states, 0)
    assert words.bits >= most.bit_length() or n_rows == 0
    assert words.shape == states.shape
    expected = [slow.words_of_state(row, words.bits, words.per_word) for row in states.tolist()]
    assert [tuple(row) for row in words.words.tolist()] == expected
    assert words.words.dtype == np.uint64
    assert words.states.dtype == np.uint8
    assert np.array_equal(words.states, states)
    assert words.largest().bit_length() == int(states.max(initial=0)).bit_length()


def test_tables_that_take_no_less_room_stay_bytes():
    for n_modes, most in ((0, 0), (9, 255), (20, 64), (20, 255), (65, 255)):
        assert packed(np.full((5, n_modes), most, np.uint8), 0) is None
    assert [bits_for(20, needed) for needed in (0, 1, 3, 4, 6, 7)] == [3, 3, 3, 6, 6, None]
    assert bits_for(8, 8) == 8
    assert packed(np.zeros((packed_table.MIN_ROWS - 1, 20), np.uint8)) is None
    assert packed(np.zeros((packed_table.MIN_ROWS, 20), np.uint8)) is not None


def test_numbers_behind_the_first_rows_may_need_more_bits(monkeypatch):
    monkeypatch.setattr(packed_table, "CHUNK", 10)
    states = np.zeros((100, 20), np.uint8)
    for row, n in ((15, 7), (77, 30), (98, 12)):
        states[row, 3] = n
        words = packed(states, 0)
        assert np.array_equal(words.states, states)
    assert words.bits == 6
    states[50, 0] = 64
    assert packed(states, 0) is None


@given(table=packable(), data=st.data())
def test_rows_are_taken_as_from_bytes(table, data):
    states, _, words = table
    n_rows = len(states)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows)), bool)
    for rows in (slice(1, None, 2), slice(None, None, -1), np.flatnonzero(mask), mask):
        assert np.array_equal(words[rows].states, states[rows])
    assert same_tables(pickle.loads(pickle.dumps(words)), words)
    assert np.array_equal(joined([words, words]).states, np.concatenate([states, states]))
    mixed = joined([words, states])
    assert isinstance(mixed, np.ndarray)
    assert np.array_equal(mixed, np.concatenate([states, states]))


@given(table=packable(), data=st.data())
def test_equal_rows_are_added_up_as_in_bytes(table, data):
    states, counts, words = table
    owned = data.draw(st.booleans())
    found = packed_groups.group_packed(words, counts, owned=owned)
    check_rows(found, byte_counts.group_bytes(states, counts))
    rows, sums = slow.added_up(states.tolist(), counts.tolist())
    assert [tuple(row) for row in found[0].states.tolist()] == rows
    assert found[1].tolist() == sums
    assert owned or not np.shares_memory(found[0].columns, words.columns)
    assert owned or not np.shares_memory(found[1], counts)


@pytest.mark.parametrize(("n_modes", "most"), [(5, 3), (20, 1), (20, 3), (33, 1), (64, 1)])
@pytest.mark.parametrize("order", ["random", "distinct", "rising", "few"])
@wraps
def test_large_tables_are_grouped_alike_whichever_way_is_taken(monkeypatch, n_modes, most, order):
    """In one hash table that grows, in ranges on threads, in parts that fit the cache; or not at all."""
    from lwfast._base import parallel as _parallel

    monkeypatch.setattr(packed_groups, "_FEW", 64)
    monkeypatch.setattr(packed_groups, "_MANY", 2000)
    monkeypatch.setattr(packed_groups, "_TRIAL", 300)
    monkeypatch.setattr(packed_groups, "_FEW_GROUPS", 50)
    monkeypatch.setattr(packed_parts, "_PART_GROUPS", 500)
    monkeypatch.setattr(packed_parts, "_STRETCH", 4)
    for module in (packed_groups, packed_parts):
        monkeypatch.setattr(module, "CHUNK", 700)
    states, counts = table_of(9001, n_modes, most)
    if order == "few":
        states = states[np.random.default_rng(1).integers(0, 40, len(states))]
    elif order != "random":
        states = np.unique(states, axis=0)
        counts = counts[: len(states)]
        if order == "distinct":
            states = states[np.random.default_rng(2).permutation(len(states))]
    expected = byte_counts.group_bytes(states, counts)
    words = packed(states, 0)
    for cores in (1, 3):
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        monkeypatch.setattr(packed_groups, "available_cores", lambda cores=cores: cores)
        found = packed_groups.group_packed(words, counts, owned=True)
        check_rows(found, expected)
        assert (found[0] is words) == (len(expected[1]) == len(states))
        if n_modes <= 20:
            for groups in (1, 4000, 2**22):  # that are expected: tables that grow, and more parts than rows
                for weights in (counts, np.ones_like(counts)):
                    grouped = packed_parts.group_in_parts(words.columns[0], weights, groups)
                    check_rows(as_table(grouped, words), byte_counts.group_bytes(states, weights))
        ranges = max(1, min(cores, len(words) // 2000))
        grouped = packed_groups._group_in_ranges(words, counts, ranges, packed_groups._Hashed)
        check_rows(grouped, expected)


@pytest.mark.parametrize(
    ("n_modes", "bits"), [(1, 8), (5, 2), (4, 4), (12, 1), pytest.param(18, 1, marks=needs_speed)]
)
@pytest.mark.parametrize("cores", [1, 3])
def test_short_rows_are_added_up_without_hashes(monkeypatch, n_modes, bits, cores):
    monkeypatch.setattr(packed_groups, "_MANY", 100_000)
    monkeypatch.setattr(packed_groups, "available_cores", lambda: cores)
    monkeypatch.setattr(packed_groups, "_Hashed", None)  # by hashes
    monkeypatch.setattr(packed_groups, "group_in_parts", None)
    n_rows = 400_001 if n_modes == 18 else 40_000
    states, counts = table_of(n_rows, n_modes, 2**bits - 1)
    words = packed(states, 0).with_bits(bits)
    check_rows(packed_groups.add_up_equal(words, counts), byte_counts.group_bytes(states, counts))
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        packed_groups.add_up_equal(words, np.full(n_rows, 2**62))


def test_clicks_of_few_modes_are_short():
    states = table_of(100, 20, 7)[0]
    words = packed(states, 0)
    assert (words.bits, words.clicked(parity=False, invert=False).bits) == (3, 1)
    most = int(states[:, :3].sum(axis=1).max())
    assert totals_of(words, [(0, 1), (2,)]).bits == most.bit_length()
    wide = packed(table_of(100, 33, 1)[0], 0)
    assert wide.clicked(parity=True, invert=False).bits == wide.bits
    long = packed(table_of(100, 12, 31)[0], 0)
    assert long.clicked(parity=True, invert=False).bits == 1


def as_table(grouped, words):
    """Return words and sums as a table and counts."""
    return PackedTable(grouped[0], words.n_modes, words.bits), grouped[1]


@wraps
@pytest.mark.parametrize("n_rows", [5, 3000])
def test_a_sum_above_int64_is_an_error(monkeypatch, n_rows):
    monkeypatch.setattr(packed_groups, "_MANY", 2000)
    states = np.ones((n_rows, 20), np.uint8)
    words, counts = packed(states, 0), np.full(n_rows, 2**62)
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        packed_groups.group_packed(words, counts, owned=False)
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        packed_parts.group_in_parts(words.columns[0], counts, 1)
    found = packed_groups.group_packed(words[:2], np.array([2**62, 2**62 - 1]), owned=False)
    assert found[1].tolist() == [2**63 - 1]


@given(table=packable(), data=st.data())
def test_rules_and_heralds_keep_what_they_keep_of_bytes(table, data):
    states, counts, words = table
    modes = st.sampled_from(range(states.shape[1]))
    several = st.lists(modes, unique=True, min_size=1, max_size=5).map(tuple)
    totals = st.lists(st.integers(0, 700) | st.integers(0, 9), min_size=1, max_size=6).map(tuple)
    rules = data.draw(st.lists(st.builds(Rule, several, totals), max_size=4))
    numbers = st.integers(0, 300) | st.tuples(st.integers(0, 9), st.integers(0, 9)) | st.integers(0, 3)
    heralds = data.draw(st.dictionaries(modes, numbers, max_size=4))
    keep = data.draw(st.booleans())
    found = select_checked(words, counts, tuple(rules), heralds, keep_heralds=keep)
    expected = select_checked(states, counts, tuple(rules), heralds, keep_heralds=keep)
    check_rows(found, expected)


@pytest.mark.parametrize(("n_modes", "most"), [(20, 7), (20, 9), (33, 1), (65, 3)])
def test_many_rows_are_selected_alike_on_any_number_of_threads(monkeypatch, n_modes, most):
    from lwfast._base import parallel as _parallel

    monkeypatch.setattr(packed_selection, "_FEW", 256)
    monkeypatch.setattr(packed_selection, "_CHUNK", 256)
    states, counts = table_of(5003, n_modes, most)
    words = packed(states, 0)
    rules = Rule((0, n_modes - 1), (0, 1, 2, 3)), Rule((1, 2, 3), tuple(range(9))), Rule((4,), (0, 1, 5))
    for chosen, heralds in ((rules, {}), (rules, {5: 1}), ((), {0: 0, 6: (0, 1), n_modes - 2: 1}), ((), {})):
        expected = select_checked(states, counts, chosen, heralds)
        for cores in (1, 3):
            monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
            check_rows(select_checked(words, counts, chosen, heralds), expected)


@pytest.mark.parametrize(("rules", "heralds"), [((Rule((0, 1), (1,)),), {}), ((), {3: 0})])
def test_no_rows_are_selected_from_none(rules, heralds):
    words = packed(np.zeros((4, 20), np.uint8), 0)[:0]
    for room in (None, lambda size: np.empty(size, np.uint64)):
        found, counts = select_checked(words, np.zeros(0, np.int64), rules, heralds, room=room)
        assert len(found) == len(counts) == 0


def test_a_mode_out_of_range_is_an_error_of_words_too():
    words = packed(np.zeros((4, 20), np.uint8), 0)
    for rules, heralds in (((Rule((20,), (0,)),), {}), ((), {20: 0})):
        with pytest.raises(lw.ModeRangeError, match="20 modes"):
            select_checked(words, np.ones(4, np.int64), rules, heralds)


@given(table=packable(), invert=st.booleans())
def test_thresholds_and_parities_are_those_of_bytes(table, invert):
    states, _, words = table
    assert np.array_equal(words.clicked(parity=False, invert=invert).states, (states > 0) ^ invert)
    assert np.array_equal(words.clicked(parity=True, invert=invert).states, (states % 2) ^ invert)


@pytest.mark.parametrize(
    "bins",
    [
        [range(k, k + 5) for k in range(0, 20, 5)],
        [range(k, k + 4) for k in range(1, 13, 4)],
        [(k,) for k in range(0, 20, 2)],
        [(k,) for k in range(19, -1, -1)],
        [range(0, 20, 2), range(1, 20, 2)],
        [(0, 1), (2,), (4, 5)],
        [range(20)],
    ],
)
@pytest.mark.parametrize("most", [1, 3, 7, 12])
def test_bins_of_any_pattern_are_totals_of_bytes(bins, most):
    """Those at equal distances are added up where they are, and then brought together."""
    states, counts = table_of(300, 20, most)
    words = packed(states, 0)
    totals = np.stack([states[:, list(modes)].sum(axis=1, dtype=np.uint8) for modes in bins], axis=1)
    check_rows((totals_of(words, bins), counts), (totals, counts))
    named = [mode for modes in bins for mode in modes]
    assert words.largest_total(named) == states[:, named].sum(axis=1, dtype=np.int64).max()


@pytest.mark.parametrize(("n_modes", "most"), [(4, 3), (20, 7), (33, 3), (40, 15)])
@pytest.mark.parametrize("cores", [1, 3])
def test_a_mapping_is_added_up_piece_by_piece(monkeypatch, n_modes, most, cores):
    """Its words are never all made, and give what they give when they are."""
    monkeypatch.setattr(packed_table, "CHUNK", 700)
    monkeypatch.setattr(packed_groups, "_MANY", 2000)
    monkeypatch.setattr(packed_groups, "available_cores", lambda: cores)
    states, counts = table_of(9001, n_modes, most)
    states = states[np.random.default_rng(5).integers(0, 60, len(states))]
    words = packed(states, 0)
    for make in (
        lambda: words.clicked(parity=False, invert=True),
        lambda: words.clicked(parity=True, invert=False),
        lambda: some_modes(words, (2, 0)),
        lambda: totals_of(words, [(0, 1), (2, 3)]),
    ):
        mapped, made = make(), make()
        found = packed_groups.group_packed(mapped, counts, owned=False)
        with pytest.raises(AttributeError):
            object.__getattribute__(mapped, "columns")
        check_rows(found, byte_counts.group_bytes(made.states, counts))
        some = {tuple(row) for row in make().some_rows(500).T.tolist()}
        assert 0 < len(some) <= len({tuple(row) for row in made.words.tolist()} | some) <= 60
        again = packed_groups.group_packed(made, counts, owned=False)  # whose words are there by now
        assert np.array_equal(found[0].columns, again[0].columns)
        assert pickle.loads(pickle.dumps(make())).columns.tolist() == made.columns.tolist()
        with pytest.raises(AttributeError, match="colours"):
            _ = mapped.colours


@given(table=packable(), data=st.data())
def test_marginals_and_bins_are_those_of_the_twins(table, data):
    states, counts, words = table
    order = data.draw(st.permutations(range(states.shape[1])))
    some = order[: data.draw(st.integers(1, len(order)))]
    check_rows((some_modes(words, some), counts), (states[:, some], counts))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(some)), max_size=5)) | {len(some)})
    bins = [some[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    totals = np.array([states[:, modes].sum(axis=1, dtype=np.int64) for modes in bins]).T
    if totals.size and totals.max() > 255:
        for form in (words, states):
            with pytest.raises(lw.ResourceLimitError, match="at most 255"):
                totals_of(form, bins)
        return
    for form in (words, states):
        check_rows((totals_of(form, bins), counts), (totals.astype(np.uint8).reshape(-1, len(bins)), counts))
    for found, expected in (
        (lw.marginal_counts(states, counts, some), slow.marginal(states.tolist(), counts.tolist(), some)),
        (lw.binned_counts(states, counts, bins), slow.binned(states.tolist(), counts.tolist(), bins)),
    ):
        assert ([tuple(row) for row in found[0].tolist()], found[1].tolist()) == expected


@pytest.mark.parametrize(
    ("modes", "error"),
    [
        ((), ValueError),
        ((0, 0), ValueError),
        ((3,), lw.ModeRangeError),
        (-1, lw.ModeRangeError),
        (1.5, TypeError),
    ],
)
def test_modes_that_are_none_are_refused(modes, error):
    with pytest.raises(error):
        lw.marginal_counts([[0, 1, 2]], [1], modes)
    with pytest.raises(error):
        lw.binned_counts([[0, 1, 2]], [1], [modes])


@pytest.mark.parametrize(("bins", "error"), [((), ValueError), ([[0], [1, 0]], ValueError), (1, TypeError)])
def test_bins_that_are_none_are_refused(bins, error):
    with pytest.raises(error):
        lw.binned_counts([[0, 1, 2]], [1], bins)


@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 1023, 1024, 1029, 2055])
@pytest.mark.parametrize("n_modes", [20, 33])
def test_no_row_is_lost_at_the_end_of_a_line_or_block(n_rows, n_modes):
    states = np.arange(n_rows * n_modes, dtype=np.uint64).reshape(n_rows, n_modes) % 4
    states = states.astype(np.uint8)
    counts = np.arange(n_rows)
    for heralds in ({}, {1: 2}):
        rules = (Rule((0,), (0, 1, 2, 3)),)  # which all rows meet
        for keep in (True, False):
            found = select_checked(packed(states, 0), counts, rules, heralds, keep_heralds=keep)
            check_rows(found, select_checked(states, counts, rules, heralds, keep_heralds=keep))
            assert found[1].size == (n_rows if not heralds else (states[:, 1] == 2).sum())


@given(table=packable(), top=st.sampled_from([0, 1, 2**12, 2**40, 2**53]))
def test_sums_are_those_of_the_twin(table, top):
    states, counts, words = table
    counts %= top + 1
    found = packed_sums_of(words, counts)
    histogram, modes, pairs = slow.sums(states.tolist(), counts.tolist(), states.shape[1])
    assert {n: int(found[0][n]) for n in np.flatnonzero(found[0])} == histogram
    assert found[1][-1].tolist() == modes
    assert np.array_equal(np.triu(found[1][:-1]), np.triu(np.array(pairs, object)))


def test_sums_of_many_rows(monkeypatch):
    from lwfast.tables import packed_sums

    chunk = 200 if uncompiled else 2000
    monkeypatch.setattr(packed_sums, "_CHUNK", chunk)
    for n_modes, most in ((3, 255), (20, 7), (64, 1), (65, 3)):
        states, counts = table_of(3 * chunk + 1001, n_modes, most)
        states[: chunk + 1000] = most  # what the kernel adds up in 32 bits is as large as it gets
        counts = counts % 2**30 | 2**14 - 1
        words = packed(states, 0)
        found = packed_sums_of(words, counts)
        weighed = states.astype(np.int64).T * counts
        assert np.array_equal(np.triu(found[1][:-1]), np.triu(weighed @ states.astype(np.int64)))
        assert np.array_equal(found[1][-1], weighed.sum(axis=1))


@needs_speed
def test_sums_of_many_modes_and_of_too_many_photons():
    wide = packed(np.full((3, 2048), 15, np.uint8), 0)
    assert packed_sums_of(wide, np.ones(3, np.int64))[0][15 * 2048] == 3
    wide = packed(np.full((3, 2304), 15, np.uint8), 0)
    assert packed_sums_of(wide, np.ones(3, np.int64)) is None


@needs_speed
@pytest.mark.parametrize(
    ("n_modes", "most"), [(3, 255), (5, 127), (9, 15), (21, 7), (20, 3), (64, 1), (125, 1)]
)
def test_sums_are_exact_where_every_number_is_as_large_as_it_gets(n_modes, most):
    """Sums of a block fit 16 and 32 bits, those of a call 64; a count of one more may take another way."""
    n_rows = 17_000  # more than the kernel looks at first
    words = packed(np.full((n_rows, n_modes), most, np.uint8), 0)
    for count in (1, 2, 3, 4, 7, 8, 15, 16, 31, 255, 256, 511, 2**14 - 1, 2**28 - 1, 2**28, 2**45 - 1):
        histogram, found = packed_sums_of(words, np.full(n_rows, count))
        assert {int(n): int(histogram[n]) for n in np.flatnonzero(histogram)} == {
            n_modes * most: n_rows * count
        }
        assert np.unique(found[-1]).tolist() == [n_rows * count * most]
        assert np.unique(found[:-1][np.triu_indices(n_modes)]).tolist() == [n_rows * count * most**2]


def test_blocks_of_rows_are_added_up_by_total():
    """All with as many photons, some of them with others, and samples that are not counted."""
    states = np.zeros((2000, 20), np.uint8)
    states[:, 3] = 5
    states[700, 4] = states[1500:, 7] = 2
    counts = np.ones(2000, np.int64)
    for zeros in (0, 1, 600):
        counts[:zeros] = 0
        histogram, found = packed_sums_of(packed(states, 0), counts)
        assert {int(n): int(histogram[n]) for n in np.flatnonzero(histogram)} == {5: 1499 - zeros, 7: 501}
        assert found[-1][[3, 4, 7]].tolist() == [5 * (2000 - zeros), 2, 1000]
        assert found[3, 7] == 5000
    states = np.zeros((2048, 20), np.uint8)
    states[::4, 19] = 3
    assert packed_sums_of(packed(states, 0), np.ones(2048, np.int64))[0][:4].tolist() == [1536, 0, 0, 512]


def test_counts_that_add_up_to_more_than_int64_are_an_error():
    words = packed(np.ones((3, 20), np.uint8), 0)
    assert summary_of(words, np.array([2**62, 2**62 - 1, 0])).photon_histogram[20] == 2**63 - 1
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        summary_of(words, np.array([2**62, 2**62, 0]))


@given(table=packable(), bits=st.integers(1, 8))
def test_a_table_gets_other_bits_where_its_numbers_fit(table, bits):
    states, _, words = table
    for form in (words, states):
        found, fits = fitting(form, bits)
        rows = np.ones(len(states), bool) if fits is None else fits
        assert found.bits == bits
        assert np.array_equal(rows, (states < 2**bits).all(axis=1))
        assert np.array_equal(found.states[rows], states[rows])


def test_threads_may_ask_for_the_words_of_a_mapping_together(monkeypatch):
    """One of them makes the words while another one is about to."""
    words = packed(table_of(100, 20, 3)[0], 0)
    mapped = words.clicked(parity=False, invert=False)
    expected = words.clicked(parity=False, invert=False).columns
    made = packed_table.run_chunks

    def made_by_another(*args):
        monkeypatch.setattr(packed_table, "run_chunks", made)
        assert np.array_equal(mapped.columns, expected)
        made(*args)

    monkeypatch.setattr(packed_table, "run_chunks", made_by_another)
    assert np.array_equal(mapped.columns, expected)
    assert np.array_equal(mapped.__getattr__("columns"), expected)
    with pytest.raises(AttributeError, match="'MappedTable' object has no attribute 'rows'"):
        _ = mapped.rows


def test_a_mapping_without_equal_rows_is_not_copied():
    states = np.unique(table_of(300, 20, 1)[0], axis=0)
    mapped = packed(states, 0).clicked(parity=False, invert=False)
    counts = np.arange(len(states))
    found, sums = packed_groups.group_packed(mapped, counts, owned=False)
    assert np.shares_memory(found.columns, mapped.columns)
    assert not np.shares_memory(sums, counts)
    assert type(found) is PackedTable
