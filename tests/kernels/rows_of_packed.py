"""Arguments for the kernels of tables in words, see `test_py_func_tables.py`."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from lwfast.tables import packed_layout
from lwfast.tables.packed_layout import moves_of, words_of
from lwfast.tables.packed_table import packed
from lwfast.tables.post_selection import select_checked
from tests.kernels.twins import calls_of

KEYS = np.uint64(12345678901234567), np.uint64(98765432109876543)
SHAPES = (3, 9), (8, 255), (20, 1), (20, 3), (20, 7), (20, 9), (33, 1), (33, 3)
NO_WORDS = np.zeros((0, 5), np.uint64)


def table(n_modes, most, n_rows=40):
    """Rows in bytes and in words; some of them are equal."""
    rng = np.random.default_rng(n_modes + most)
    states = rng.integers(0, most + 1, (n_rows, n_modes)).astype(np.uint8)
    states[n_rows // 2 :: 3] = states[: len(states[n_rows // 2 :: 3])]
    return states, packed(states, 0)


def tables():
    for n_modes, most in SHAPES:
        yield table(n_modes, most)


def packings():
    for states, words in tables():
        for first in (0, 3):
            out = np.zeros((words.n_words, 45), np.uint64)
            yield states.reshape(-1), words.n_modes, words.bits, words.per_word, out, first, 40


def unpackings():
    for states, words in tables():
        for start, stop in ((0, 40), (5, 6), (7, 7)):
            out = np.zeros((stop - start) * states.shape[1], np.uint8)
            yield words.columns, start, stop, words.n_modes, words.bits, words.per_word, out


def uses():
    for _, words in tables():
        yield words.columns, 3, 39, np.zeros(words.n_words, np.uint64)


def moves():
    for _, words in tables():
        order = [(mode,) for mode in range(words.n_modes)]
        for places in (order[1:], order[::-1], [(0, 2), (1,)]):
            moved = moves_of(words.n_modes, words.bits, places, words.bits)
            for steps in (packed_layout.steps_together(0, 1, 1), packed_layout.steps_together(4, 2, 3)):
                yield words.columns, 2, 38, moved, steps, np.full((words.n_words, 45), 7, np.uint64), 4


def totals():
    for _, words in tables():
        fields = np.full(words.n_words, 2**64 - 1, np.uint64)
        for some in (fields, fields >> np.uint64(40)):
            steps = packed_layout.steps_of_sum(words.per_word, words.bits)
            yield words.columns, 2, 38, some, steps


def brought_together():
    steps = packed_layout.steps_together(4, 2, 3)
    yield np.arange(40, dtype=np.uint64) * np.uint64(97), 3, 30, steps


def clicks():
    for _, words in tables():
        ones = packed_layout.lowest_bits(words.n_modes, words.bits)
        ways = [packed_layout.steps_together(0, 1, 1)]
        if words.n_words == 1:
            ways.append(packed_layout.steps_together(words.n_modes, 1, words.bits))
        for steps in ways:
            for bits in {1, 2, 3, 4, words.bits}:
                for flip in (0, 1):
                    yield (
                        words.columns,
                        2,
                        38,
                        bits,
                        flip,
                        ones,
                        steps,
                        np.zeros((words.n_words, 45), np.uint64),
                        4,
                    )


def selections():
    """Totals of one mode, two and three, on one page and on several; heralds next to each other and apart."""
    for n_modes, most, n_rows in [*((*shape, 300) for shape in SHAPES[1:]), (20, 3, 40), (33, 3, 63)]:
        _, words = table(n_modes, most, n_rows)
        chosen = [
            [((0, 3), (1, 2)), ((4,), (0,))],
            [((0, 2, 3), (1, 4, 70, 200)), ((1,), (0, 2))],
            [((0, n_modes - 1), (0, 1, 100))],
            [((1,), (300,))],
        ]
        for rules in chosen:
            for heralds in ({}, {5: 1}, {1: 0, 6: 1}):
                for call in calls_of(
                    "tables",
                    "packed_selection.select_words",
                    lambda w=words, n=n_rows, r=rules, h=heralds: select_checked(
                        w, np.arange(n), tuple(lw.rules.Rule(*rule) for rule in r), h
                    ),
                ):
                    columns, counts, _, _, *plan, out, _, _, _ = call
                    for start, stop in ((0, n_rows), (3, 35), (n_rows - 30, n_rows), (7, 7)):
                        for place, is_down in ((300, False), (300, True)):
                            # Whole: no other place is written to.
                            room = np.full((len(out), 600), 7, np.uint64), np.full(600, 7)
                            yield columns, counts, start, stop, *plan, *room, place, is_down


def marks():
    for words, _, start, _, *plan, _, _, _, _, _ in selections():
        if words.shape[1] > 64:
            yield words.reshape(-1), words.shape[1], min(start, 64), *plan


def marks_of_few():
    for words, _, start, _, *plan, _, _, _, _, _ in selections():
        if start == 0 and words.shape[1] < 64:
            yield words, *plan


def taken_fields():
    for _, words in tables():
        for places in ([(mode,) for mode in range(1, words.n_modes)], [(2,), (0,), (1,)]):
            moved = moves_of(words.n_modes, words.bits, places, words.bits)
            out = np.zeros((words_of(len(places), words.bits), 45), np.uint64)
            for start in (0, 3):
                yield words.columns.reshape(-1), words.columns.shape[1], start, 37, moved, out, 2


def groupings():
    for _, words in tables():
        for size in (64, 16):  # the few are too few
            room = np.zeros(2 * size * (words.n_words + 1), np.uint64), np.zeros(size, np.uint32)
            yield words.columns, np.arange(40), 2, 40, *KEYS, 0, *room
    for n_words in (1, 2):
        room = np.zeros(128 * (n_words + 1), np.uint64), np.zeros(64, np.uint32)
        yield np.ones((n_words, 40), np.uint64), np.full(40, 2**62), 0, 40, *KEYS, 0, *room


def groups_taken():
    from lwfast._kernels.tables import packed_groups as kernels

    for *call, entries, order in groupings():
        with np.errstate(over="ignore"):
            groups, _ = kernels.group_words(*call, entries, order)
        groups = max(groups, 0)
        yield entries, groups, order, np.zeros((len(call[0]), groups), np.uint64), np.zeros(groups, np.int64)


def short_groupings():
    words = np.array([[3, 0, 3, 15, 0, 3, 7]], np.uint64)
    for counts in (np.arange(7), np.array([1, 2, 2**63 - 2, 4, 5, 6, 7])):
        for start, stop in ((0, 7), (2, 5)):
            yield words, counts, start, stop, 0, np.zeros(16, np.uint64), np.zeros(7, np.uint64)
        entries = np.zeros(16, np.uint64)
        entries[3] = 2**63 + 5
        yield words, counts, 1, 4, 1, entries, np.full(7, 3, np.uint64)


def shorts_taken():
    entries = np.arange(16, dtype=np.uint64) + np.uint64(2**63)
    yield entries, np.array([3, 0, 15, 7], np.uint64), np.zeros(3, np.int64)


def hashes():
    from lwfast._kernels.tables import packed_groups as kernels

    for _, words in tables():
        out = np.zeros(40, np.uint64)
        with np.errstate(over="ignore"):
            kernels.hash_words(words.columns, 0, 40, *KEYS, out)
        yield out


def differing():
    for found in hashes():
        yield found, np.zeros(64, np.uint32)
        yield found[:3], np.zeros(64, np.uint32)


def split_hashes():
    for found in hashes():
        yield found, 61, np.zeros(8, np.int64), np.zeros(40, np.uint64)


def rising():
    for _, words in tables():
        ordered = np.ascontiguousarray(words.columns[:, np.lexsort(words.columns[::-1])])
        for columns in (words.columns, ordered):
            for start, stop in ((0, 40), (1, 9), (0, 0)):
                yield columns, start, stop


def entered():
    for _, words in tables():
        distinct = np.ascontiguousarray(np.unique(words.columns, axis=1))
        yield distinct, *KEYS, np.zeros(128, np.uint64)


def found():
    from lwfast._kernels.tables import packed_groups as kernels

    for columns, key0, key1, slots in entered():
        with np.errstate(over="ignore"):
            kernels.enter_words(columns, key0, key1, slots)
        wanted = np.concatenate([columns[:, 1:4], columns[:, :2] + np.uint64(1)], axis=1)
        yield columns, wanted, key0, key1, slots, np.zeros(wanted.shape[1], np.int64)


def part_room(counts):
    """Room for 40 rows: words, counts, and numbers of rows."""
    return np.zeros(40, np.uint64), np.zeros_like(counts), np.zeros(40, np.uint16)


def splits():
    for _, words in tables():
        if words.n_words == 1:
            for counts in (np.arange(40), np.ones(40, np.int64)):
                starts = np.zeros(5, np.int64)
                yield words.columns[0], counts, 4, 38, *KEYS, 62, starts, *part_room(counts), 3


def parts():
    """Two chunks of 20 rows in four parts; sums that fit and one that does not, and too little room."""
    from lwfast._kernels.tables import packed_parts as kernels

    for _, words in tables():
        if words.n_words > 1:
            continue
        some = np.where(np.arange(40) < 20, 1, np.arange(40))
        for counts, size in ((some, 64), (np.full(40, 2**62), 64), (some, 8), (np.ones(40, np.int64), 64)):
            starts, out, ones = np.zeros((2, 5), np.int64), part_room(counts), np.zeros(2, bool)
            for chunk in range(2):
                rows = 20 * chunk, 20 * chunk + 20
                with np.errstate(over="ignore"):
                    ones[chunk] = kernels.split_rows(
                        words.columns[0], counts, *rows, *KEYS, 62, starts[chunk], *out, 20 * chunk
                    )
            for part in range(4):
                room = np.zeros(2 * size, np.uint32), np.zeros(size, np.uint64), np.zeros(size, np.int64)
                yield *out, ones, starts, part, 0, *KEYS, *room, 0, np.zeros((2, 4), np.int64)


def runs():
    for *out, ones, starts, part, chunk, key0, key1, slots, found, sums, groups, _ in parts():
        run = starts[chunk, part], starts[chunk, part + 1]
        if slots.size == 128:
            yield *out, *run, bool(ones[chunk]), key0, key1, slots, found, sums, groups


def entries():
    for run in runs():
        distinct = np.unique(run[0])
        yield distinct, distinct.size - 1, *KEYS, np.zeros(128, np.uint32)


def orders():
    from lwfast._kernels.tables import packed_parts as kernels

    for *given, part, chunk, key0, key1, slots, found, sums, groups, new_groups in parts():
        if part == 3 and given[1].max() < 2**62 and slots.size == 128:
            with np.errstate(over="ignore"):
                for k in range(4):
                    room = np.zeros_like(slots), found, sums, groups
                    kernels.group_part(*given, k, chunk, key0, key1, *room, new_groups)
            words, _, rows, _, starts = given
            for k in range(2):
                n = int(new_groups[k].sum())
                yield (
                    words, rows, starts[k], new_groups[k], np.arange(4), 20,
                    np.zeros(n, np.uint64), np.zeros(n, np.int64),
                )  # fmt: skip


def sums_taken():
    numbers = np.array([0, 1 << 32, 1, 2 << 32 | 2, 7])
    yield numbers, 0, 4, np.array([0, 2, 3]), np.arange(6) * 11


def sums():
    """Photons of two modes in one number, and of one; counts that are one, in limbs, and left out."""
    for shape, counts, shift in (  # as plain Python, a block of rows takes a second
        ((3, 9), np.ones(40, np.int64), 0),
        ((3, 9), np.arange(40) ** 3, 3),
        ((8, 255), np.arange(40) ** 2 << 20, 0),
        ((20, 7), np.ones(40, np.int64), 0),
        ((20, 3), np.arange(40) % 6, 0),
        ((33, 3), np.arange(40) ** 3, 0),
    ):
        _, words = table(*shape)
        most = max(words.largest(), 1)
        room = np.zeros(most * words.n_modes + 1, np.int64), np.zeros((shape[0], shape[0] + 1), np.int64)
        yield words.columns, counts, 1, 40, words.n_modes, words.bits, words.per_word, shift, *room


def unpacked():
    for shape in ((3, 9), (20, 7), (33, 3)):
        _, words = table(*shape)
        room = np.zeros(64, np.uint16), np.zeros(shape[0] * 16, np.uint64), np.ones(16, np.uint64)
        yield words.columns, 1, 38, words.n_modes, words.bits, words.per_word, *room


FOURS = np.arange(64, dtype=np.uint16).view(np.uint64)  # four numbers of 16 bits in each


def spreadings():
    low = np.uint64(7 * 0x0001000100010001)
    for right in (0, 3):
        yield FOURS, np.uint64(right), low, 3, np.zeros(40, np.uint64), np.ones(16, np.uint64)


def weighings():
    yield np.arange(30, dtype=np.int16), np.arange(10, dtype=np.int16), 20, np.zeros(30, np.int16)


def added_totals():
    for totals in (
        np.full(16, 5, np.uint16),
        np.arange(16, dtype=np.uint16) % 6,
        np.arange(16, dtype=np.uint16),
    ):
        for size, is_one in ((16, True), (15, True), (16, False)):
            weights = np.arange(16, dtype=np.int16)
            room = np.zeros(20, np.int64), np.zeros((4, 20), np.int64)
            yield totals.view(np.uint64), totals, weights, size, is_one, 3, *room


def foldings():
    for quad, other, together in ((0, 1, True), (1, 1, True), (0, 3, False), (1, 2, False)):
        found = np.arange(2 * 128, dtype=np.int32)
        yield found, 128, quad, other, together, 2, np.zeros((6, 7), np.int64)


def byte_table(n_modes, bits, most, n_rows=1024):
    """Words of rows, and how many modes one of them has."""
    rng = np.random.default_rng(100 * n_modes + bits)
    words = packed(rng.integers(0, most + 1, (n_rows, n_modes)).astype(np.uint8), 0).with_bits(bits)
    return words.columns, words.per_word


BYTE_SHAPES = (3, 8, 9), (20, 3, 7), (20, 1, 1), (40, 3, 7)  # modes, bits and photons of a mode


def lines_written():
    """Modes across two bytes, in several words, and with totals above 255 (40 modes of 7 photons)."""
    for n_modes, bits, most in BYTE_SHAPES:
        columns, per_word = byte_table(n_modes, bits, most, 1100)
        cut = np.zeros((8 * len(columns) + 4) * 128, np.uint64)
        lines = np.ones((n_modes + 3) // 4 * 4 * 128, np.uint64)
        room = cut, np.ones(8, np.int64), np.ones(128, np.uint64), lines, np.ones(128, np.uint64)
        yield columns, 33, n_modes, bits, per_word, most, *room


def cuts():
    for start in (0, 5):
        yield byte_table(20, 3, 7, 1100)[0][0], start, 128, np.zeros(10 * 128, np.uint64)


def joins():
    cut = byte_table(20, 3, 7)[0][0]
    for right, bits in ((6, 3), (7, 8), (5, 4)):
        yield cut, 256, right, bits, 128, np.zeros(512, np.uint64)


def byte_spreadings():
    cut = byte_table(20, 3, 7)[0][0]
    low = np.uint64(7 * 0x0101010101010101)
    for n_modes in (1, 3, 4, 9):
        places = np.array([0, 128, 512, 0, 0, 3, 5, 2])
        yield cut, places, low, n_modes, 128, np.ones(1024, np.uint64), np.ones(128, np.uint64)


def closings():
    group = np.random.default_rng(1).integers(0, 100, 1024).astype(np.uint8).view(np.uint64)
    for bound in (0, 128, 200):
        yield group, bound, np.full(128, 3, np.uint64)


def byte_countings():
    """Few totals, more than are tried one by one, above 127, and such that do not fit bytes."""
    rng = np.random.default_rng(2)
    lines = rng.integers(0, 8, 40 * 1024).astype(np.uint8).view(np.uint64)
    for most, bound, few in ((9, 15, 24), (60, 63, 24), (60, 63, 0), (200, 255, 24), (0, 256, 24)):
        totals = rng.integers(0, most + 1, 1024).astype(np.uint8).view(np.uint64)
        yield totals, bound, few, lines, 40, np.ones(281, np.int64)


def byte_sums():
    """A whole block and the rest of one; sums that are folded once, and in between."""
    for (n_modes, bits, most), n_rows, end in (
        ((20, 3, 7), 1100, 1500),
        ((3, 8, 15), 4200, 4200),
        ((40, 3, 7), 700, 700),
    ):
        columns, per_word = byte_table(n_modes, bits, most, 5000)
        room = np.zeros(256 * 128, np.uint64), np.zeros(most * n_modes + 1, np.int64)
        sums = np.ones((n_modes, n_modes + 1), np.int64)
        given = columns, np.ones(5000, np.int64), 7, n_rows, end, n_modes, bits, per_word, most
        yield *given, *room, sums


def byte_foldings():
    parts = np.random.default_rng(3).integers(0, 2**16, 2 * 14 * 32 + 16 * 32).astype(np.uint16)
    for n_modes in (8, 5):
        yield parts.view(np.uint64), 2, np.ones((n_modes, n_modes + 1), np.int64)


def folded():
    for bits in (1, 3, 7, 8):
        rng = np.random.default_rng(bits)
        eight = rng.integers(0, 2**bits, 8).astype(np.uint8)
        yield eight.view(np.uint64)[0], np.uint64(bits)


def unfolded():
    for bits in (1, 3, 7, 8):
        yield np.uint64(0x9E3779B97F4A7C15 >> (64 - 8 * bits)), np.uint64(bits)


PACKED_ROWS = {
    "packed_rows._folded": folded,
    "packed_rows._unfolded": unfolded,
    "packed_rows.bits_used": lambda: [(states.reshape(-1),) for states, _ in tables()],
    "packed_rows.fields_used": uses,
    "packed_rows.largest_total": totals,
    "packed_rows._bring_together": brought_together,
    "packed_rows.pack_rows": packings,
    "packed_rows.unpack_rows": unpackings,
    "packed_rows.move_fields": moves,
    "packed_rows.clicked_fields": clicks,
    "packed_selection.select_words": selections,
    "packed_selection._marks": marks,
    "packed_selection._marks_of_few": marks_of_few,
    "packed_selection._take_fields": taken_fields,
    "packed_groups.hash_words": lambda: [
        (words.columns, 2, 40, *KEYS, np.zeros(38, np.uint64)) for _, words in tables()
    ],
    "packed_groups.group_words": groupings,
    "packed_groups.group_short": short_groupings,
    "packed_groups.take_short": shorts_taken,
    "packed_groups.take_groups": groups_taken,
    "packed_groups.distinct_hashes": differing,
    "packed_groups.split_hashes": split_hashes,
    "packed_groups.rising_words": rising,
    "packed_groups.enter_words": entered,
    "packed_groups.find_words": found,
    "packed_parts.split_rows": splits,
    "packed_parts.group_part": parts,
    "packed_parts._group_run": runs,
    "packed_parts.enter_groups": entries,
    "packed_parts.take_sums": sums_taken,
    "packed_parts.order_groups": orders,
    "packed_sums.packed_sums": sums,
    "packed_sums._largest": lambda: [(words.columns, 3, 39, words.bits) for _, words in tables()],
    "packed_sums._limb_bits": lambda: [(most,) for most in (1, 7, 31, 127, 255)],
    "packed_sums._unpack": unpacked,
    "packed_sums._spread": spreadings,
    "packed_sums._weigh": weighings,
    "packed_sums._join": lambda: [(FOURS, 4, np.uint64(8), 4, np.zeros(8, np.uint64))],
    "packed_sums._lanes_added": lambda: [(FOURS, run) for run in (1, 3, 16)],
    "packed_sums._add_totals": added_totals,
    "packed_sums._fold": foldings,
    "sums.byte_lines.write_lines": lines_written,
    "sums.byte_lines._halves": lambda: [(KEYS[0], KEYS[1], np.uint64(0xFFFFFFFF), np.uint64(32))],
    "sums.byte_lines._cut": cuts,
    "sums.byte_lines._place_of": lambda: [(mode, 40, 3, 20) for mode in (0, 5, 19, 20, 39)],
    "sums.byte_lines._join": joins,
    "sums.byte_lines._spread": byte_spreadings,
    "sums.byte_lines._close": closings,
    "sums.byte_sums._sums_of": lambda: [(1,), (5,)],
    "sums.byte_sums.room_of": lambda: [(1, 20), (2, 33)],
    "sums.byte_sums.add_bytes": byte_sums,
    "sums.byte_sums._ask_for": lambda: [(np.zeros((2, 40), np.uint64), np.zeros(40, np.int64), 3, 30)],
    "sums.byte_sums._count": byte_countings,
    "sums.byte_sums._fold": byte_foldings,
}

# Behind what was found, nothing has a meaning.
PACKED_MEANT = {
    "packed_rows.unpack_rows": lambda given, _: given[-1],
    "packed_parts.group_part": lambda given, end: given[:3] if end[0] >= 0 else (),
    "packed_groups.group_words": lambda given, end: (given[7], given[8][: max(end[0], 0)]),
}
