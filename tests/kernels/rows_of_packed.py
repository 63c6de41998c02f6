"""Arguments for the kernels of tables in words, see `test_py_func_tables.py`."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from lwfast.tables import packed_table
from lwfast.tables.packed_table import moves_of, packed
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
            yield words.columns, 2, 38, moved, np.full((words.n_words, 45), 7, np.uint64), 4


def clicks():
    for _, words in tables():
        ones = packed_table._lowest_bits(words.n_modes, words.bits)
        ways = [np.empty((0, 2), np.uint64)]
        if words.n_words == 1:
            ways.append(packed_table._steps_together(words.n_modes, words.bits))
        for steps in ways:
            for bits in {1, 2, 3, 4, words.bits}:
                for flip in (0, 1):
                    yield words.columns, 2, 38, bits, flip, ones, steps, np.zeros_like(words.columns)


def selections():
    """Totals of one mode, two and three, on one page and on several; heralds next to each other and apart."""
    for n_modes, most in SHAPES[1:]:
        _, words = table(n_modes, most, 100)
        chosen = [
            [((0, 3), (1, 2)), ((4,), (0,))],
            [((0, 2, 3), (1, 4, 70, 200)), ((1,), (0, 2))],
            [((0, n_modes - 1), (0, 1, 100))],
            [((1,), (300,))],
        ]
        for rules in chosen:
            for heralds in ({}, {5: 1}, {1: 0, 6: 1}):
                yield from calls_of(
                    "tables",
                    "packed_selection.select_words",
                    lambda w=words, r=rules, h=heralds: select_checked(
                        w, np.arange(100), tuple(lw.rules.Rule(*rule) for rule in r), h
                    ),
                )


def taken_fields():
    for _, words in tables():
        places = [(mode,) for mode in range(1, words.n_modes)]
        for moved in (NO_WORDS, moves_of(words.n_modes, words.bits, places, words.bits)):
            yield words.columns, np.array([0, 3, 39, 0]), 3, moved, np.zeros((words.n_words, 9), np.uint64), 2


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
    words = np.array([3, 0, 3, 15, 0, 3, 7], np.uint64)
    for counts in (np.arange(7), np.array([1, 2, 2**63 - 2, 4, 5, 6, 7])):
        for start, stop in ((0, 7), (2, 5)):
            room = np.zeros(16, np.uint32), np.zeros(7, np.uint64), np.zeros(7, np.int64)
            yield words, counts, start, stop, *room


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


def splits():
    for _, words in tables():
        if words.n_words == 1:
            out = np.zeros(40, np.uint64), np.zeros(40, np.int64), np.zeros(40, np.uint32)
            yield words.columns[0], np.arange(40), 4, 39, *KEYS, 62, np.zeros(5, np.int64), *out


def parts():
    """Two chunks of 20 rows in four parts; sums that fit and one that does not, and too few entries."""
    from lwfast._kernels.tables import packed_parts as kernels

    for _, words in tables():
        if words.n_words > 1:
            continue
        for counts, size in ((np.arange(40), 64), (np.full(40, 2**62), 64), (np.arange(40), 4)):
            starts = np.zeros((2, 5), np.int64)
            out = np.zeros(40, np.uint64), np.zeros(40, np.int64), np.zeros(40, np.uint32)
            for chunk in range(2):
                rows = 20 * chunk, 20 * chunk + 20
                kernels.split_rows(words.columns[0], counts, *rows, *KEYS, 62, starts[chunk], *out)
            room = np.ones(2 * size, np.uint64), np.ones(size, np.uint32)
            for part in range(4):
                yield *out, starts, part, *KEYS, *room, np.zeros((2, 4), np.int64)


def orders():
    from lwfast._kernels.tables import packed_parts as kernels

    for arguments in parts():
        words, sums, rows, starts, part, *_, groups = arguments
        if part == 3 and sums.max() < 2**62 and arguments[7].size == 128:
            with np.errstate(over="ignore"):
                for k in range(4):
                    kernels.group_part(*arguments[:4], k, *arguments[5:])
            for chunk in range(2):
                n = int(groups[chunk].sum())
                yield (
                    words, sums, rows, starts[chunk], groups[chunk], 20,
                    np.zeros(n, np.uint64), np.zeros(n, np.int64),
                )  # fmt: skip


def sums():
    for shape in ((3, 9), (20, 7), (33, 3)):  # as plain Python, a block of rows takes a second
        _, words = table(*shape)
        most = max(words.largest(), 1)
        limb = 5 if most > 31 else 8
        for shift in (0, 3):
            layout = words.n_modes, words.bits, words.per_word
            width = -(-(words.n_modes + 1) // 4) * 4
            room = (
                np.zeros((4, most * words.n_modes + 1), np.int64),
                np.zeros((words.n_modes, width), np.int64),
            )
            yield words.columns, np.arange(40) ** 3, 1, 40, *layout, shift, limb, *room


def spreadings():
    window = np.arange(1024, dtype=np.uint16) * np.uint16(37)
    for right, bits in ((0, 3), (12, 3), (8, 8)):
        room = np.zeros(3 * 1024, np.int16), np.zeros(3 * 1024, np.int16)
        weights, totals = np.arange(1024, dtype=np.int16) % 100, np.ones(1024, np.int16)
        yield window, right, np.uint16(2**bits - 1), *room, 1, weights, totals


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
    "packed_rows.pack_rows": packings,
    "packed_rows.unpack_rows": unpackings,
    "packed_rows.move_fields": moves,
    "packed_rows.clicked_fields": clicks,
    "packed_selection.select_words": selections,
    "packed_selection._take_fields": taken_fields,
    "packed_groups._hash": lambda: [(words.columns, 7, *KEYS) for _, words in tables()],
    "packed_groups.hash_words": lambda: [
        (words.columns, 2, 40, *KEYS, np.zeros(38, np.uint64)) for _, words in tables()
    ],
    "packed_groups.group_words": groupings,
    "packed_groups.group_short": short_groupings,
    "packed_groups.take_groups": groups_taken,
    "packed_groups.distinct_hashes": differing,
    "packed_groups.split_hashes": split_hashes,
    "packed_groups.rising_words": rising,
    "packed_groups.enter_words": entered,
    "packed_groups.find_words": found,
    "packed_parts.split_rows": splits,
    "packed_parts.group_part": parts,
    "packed_parts.order_groups": orders,
    "packed_sums.packed_sums": sums,
    "packed_sums._spread": spreadings,
}

# Behind what was found, nothing has a meaning.
PACKED_MEANT = {
    "packed_selection.select_words": lambda given, end: (given[11][:, :end], given[12][:end]),
    "packed_rows.unpack_rows": lambda given, _: given[-1],
    "packed_parts.group_part": lambda given, fine: given[:3] if fine else (),
    "packed_groups.group_words": lambda given, end: (given[7], given[8][: max(end[0], 0)]),
}
