"""Every kernel of the tables room and its source in plain Python agree; see `twins.py`."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import lwfast as lw
from lwfast._kernels import _mode
from lwfast._kernels.tables import counts as kernels
from tests.kernels.rows_of_packed import PACKED_MEANT, PACKED_ROWS
from tests.kernels.rows_of_parquet import PARQUET_ROWS
from tests.kernels.rows_of_short import SHORT_ROWS
from tests.kernels.twins import assert_twins_agree, calls_of, dispatchers, needs_compiled

TABLES = "tables"
KEYS = np.uint64(12345678901234567), np.uint64(98765432109876543)
WIDTHS = 1, 5, 8, 11, 16, 20, 33


def table(n_modes, n_rows=40):
    """A table with equal rows in it."""
    rng = np.random.default_rng(n_modes)
    rows = rng.integers(0, 3, (n_rows, n_modes)).astype(np.uint8)
    rows[n_rows // 2 :: 3] = rows[: len(rows[n_rows // 2 :: 3])]
    return rows


def pairs_of_rows():
    for n_modes in WIDTHS:
        flat = np.concatenate([table(n_modes, 4)[0]] * 2 + [np.arange(n_modes, dtype=np.uint8)])
        for b in (n_modes, 2 * n_modes):
            yield flat, 0, flat, b, n_modes


def groupings():
    for n_modes in WIDTHS:
        counts = np.arange(40)
        for n_slots in (128, 32):  # the few are too few
            room = (
                np.zeros(n_slots, np.uint64),
                np.zeros(n_slots // 2, np.uint32),
                np.zeros(n_slots // 2, np.int64),
            )
            yield table(n_modes).reshape(-1), n_modes, 0, 40, counts, *KEYS, 0, *room
    counts = np.full(40, 2**62)
    room = np.zeros(128, np.uint64), np.zeros(64, np.uint32), np.zeros(64, np.int64)
    yield np.ones(80, np.uint8), 2, 0, 40, counts, *KEYS, 0, *room


def entries():
    slots = np.zeros(4, np.uint32)
    slots[1], slots[2] = 9, 5
    for h in ((1 << 32) + 5, (1 << 32) + 7, (3 << 32) + 4):
        yield np.uint64(h), slots, np.uint64(3)


def prefixes():
    for n_modes in WIDTHS:
        yield table(n_modes).reshape(-1), n_modes, 40, *KEYS, np.zeros(64, np.uint32)


@functools.cache
def sorted_hashes(n_modes=5):
    """Return the hashes of two chunks of 20 rows in four parts, and where the parts end."""
    ends, hashes = np.zeros((2, 4), np.int64), np.zeros(40, np.uint64)
    for chunk in range(2):
        rows = slice(20 * chunk, 20 * chunk + 20)
        kernels.sort_hashes(table(n_modes)[rows].reshape(-1), n_modes, *KEYS, 62, ends[chunk], hashes[rows])
    return hashes, ends


def parts():
    hashes, ends = sorted_hashes()
    for part in range(4):
        for room in (64, 4):
            yield hashes, 20, ends, part, np.ones(room, np.uint32)
    yield np.arange(40, dtype=np.uint64) << np.uint64(32), 20, ends, 1, np.zeros(64, np.uint32)


def distinct(n_modes):
    rows = np.zeros((12, n_modes), np.uint8)
    rows[:, -1] = np.arange(12)
    return rows.reshape(-1)


def rehashes():
    for n_modes in WIDTHS:
        yield distinct(n_modes), n_modes, *KEYS, 12, np.arange(12, dtype=np.uint32), np.zeros(32, np.uint64)


def searches():
    for *call, slots in rehashes():
        flat, n_modes, *_ = call
        with np.errstate(over="ignore"):
            kernels.group_rehash(*call, slots)
        wanted = np.concatenate([flat[3 * n_modes : 5 * n_modes], np.full(n_modes, 77, np.uint8)])
        yield flat, wanted, n_modes, *KEYS, slots, np.zeros(3, np.int64)


def leading_rows():
    for n_modes in WIDTHS:
        yield distinct(n_modes), n_modes, 12
        yield table(n_modes).reshape(-1), n_modes, 40


def selections():
    """Rules on one, two and three modes, heralds next to each other and far apart."""
    for n_modes in (5, 11, 20):
        states = table(n_modes, 100)
        rules = [((0, 3), (1, 2)), ((4,), (0,)), ((n_modes - 1,), (0,)), ((0, 2, 3), (1, 4)), ((1,), (0, 2))]
        yield from calls_of(
            TABLES,
            "post_selection.select_rows",
            lambda states=states, rules=rules: lw.post_select(states, np.arange(100), rules),
        )


def runs_of_modes():
    runs = np.array([0, 2, 4, 1])
    for n_modes in (5, 20):
        flat = table(n_modes).reshape(-1)
        rows = np.array([0, 3, 4, 39])
        for n_rows in (0, 4):
            out = np.zeros(3 * 40, np.uint8), np.zeros(40, np.int64)
            yield flat, n_modes, np.arange(40), rows, n_rows, runs, *out, 2


def text(given, behind=0):
    """Return text as a kernel takes it, with zeros behind it."""
    data = given if isinstance(given, bytes) else given.encode()
    return np.frombuffer(data + bytes(behind), np.uint8).copy()


KEYS_READ = ('(0, 1, 2)"', '[0,1,2]"', '0,1,2"', '(3,)"', '()"', '(12, 255)"', '"')
KEYS_WRONG = ("", "(", "(1", '(-1)"', "(\\", '( 1)"', "(,", "(x", '(01)"', '(256)"', '(1, 2]"', "(1\\", "(1 ")
KEYS_ENDED_WRONGLY = ("(1x", "(1)x", "(1)\\", "(1)")


def keys():
    for key in KEYS_READ + KEYS_WRONG + KEYS_ENDED_WRONGLY:
        for n_modes in (-1, 3):
            yield text(key, 4), 0, len(key), n_modes, np.zeros(9, np.uint8), 1


NUMBERS = ("0,", "45}", "9223372036854775807,", "9223372036854775808,", "99999999999999999999,")
NO_COUNTS = ("-1,", "1.5,", "1e3,", "01,", "x", "", "7")


def numbers():
    for number in NUMBERS + NO_COUNTS:
        yield text(number, 4), 0, len(number)


DIGITS_TEXT = "".join(f"{k % 10}, " for k in range(60))


def digits():
    wanted = np.uint64(2**61 - 1)
    for n_modes in (21, 30, 50):
        for damage in (None, 10, 3 * n_modes - 4):
            data = text(DIGITS_TEXT, 70)
            if damage is not None:
                data[damage] = ord("x")
            yield data, 0, n_modes, np.zeros(n_modes + 32, np.uint8), 0, wanted


def members(body):
    """Return a body's bytes from its first row on, and what `scan_rows` takes with them."""
    start = body.index(b'"(')
    return text(body), start, len(body), len(body)


def bodies():
    rng = np.random.default_rng(5)
    for n_modes in (9, 25):
        body = lw.encode_result(rng.integers(0, 10, (40, n_modes)), 10 ** rng.integers(0, 12, 40))
        yield body, n_modes


def tables_of_text():
    for body, n_modes in bodies():
        longer = np.array([[12] + [0] * (n_modes - 1), [0] * (n_modes - 1) + [255]])
        for one in (
            body,
            body.replace(b", ", b","),
            body.replace(b'":', b'"  :\n'),
            lw.encode_result(longer, [1, 2]),
            body[:-30],
            *(body.replace(old, new, 1) for old, new in ((b'": ', b'"; '), (b", ", b",, "), (b"}}", b",}}"))),
            *(body.replace(b', "(', new) for new in (b", (", b' "(')),
        ):
            yield *members(one), n_modes, np.zeros(n_modes * 42, np.uint8), np.zeros(42, np.int64)
        buffer, start, _, end = members(body)
        room = np.zeros(n_modes * 42, np.uint8), np.zeros(42, np.int64)
        yield buffer, start, end // 2, end, n_modes, *room


def quick_rows():
    """From the second row on, as `scan_rows` goes on after the first, with `)": ` and `, "(` between."""
    for body, n_modes in bodies():
        buffer, start, stop, end = members(body)
        second = body.index(b'"(', start + 1)
        middle, between = (np.uint64(int.from_bytes(b, "little")) for b in (b')": ', b', "('))
        room = np.zeros(n_modes * 42, np.uint8), np.zeros(42, np.int64)
        for limit in (stop, stop // 2):
            yield buffer, second, (limit, end), n_modes, (2, 4, 4), (middle, between), *room, 1


VALUES = ("12,", "true}", '"a\\"b"', '"abc', "[1, [2, 3]]", '{"a": "}"}', "[1}", "[[[[1]]]]", "]", "[1", "12")


def values():
    for value in VALUES:
        yield text(value, 4), 0, len(value), 3


def quotes():
    data = b'{"(0, 1)": 4, "(1, 0)"  :3,  "(' + b'"' * 20 + b"x" * 2100 + b'"'
    for start in (0, 1, 7, 30):
        for end in (start, start + 13, len(data)):
            yield text(data), start, end


INTEGERS = 0, 9, 10, 99, 100, 999, 1000, 12345, 999_999, 1_000_000, 2**63 - 1


def written_modes():
    for n_modes in (1, 4, 20, 21, 45):
        states = np.arange(n_modes, dtype=np.uint8) % 10
        for high in (None, 0, n_modes - 1):
            row = states.copy()
            if high is not None:
                row[high] = 123
            for room in (0, 40):  # without it, the last row of a table
                yield np.concatenate([row, np.zeros(room, np.uint8)]), 0, n_modes, np.zeros(260, np.uint8), 2


def wide_rows():
    for n_modes in (2, 9, 30):
        states = table(n_modes, 6) * np.uint8(5)
        out = np.zeros(6 * (4 * n_modes + 40), np.uint8)
        yield states.reshape(-1), n_modes, 10 ** np.arange(6), (1, 5), (40, 41), out, 3


def written_tables():
    for n_modes in (0, 1, 2, 9, 30):
        states = table(n_modes, 6) * np.uint8(5) if n_modes else np.zeros((6, 0), np.uint8)
        for opening, closing in ((40, 41), (91, 93), (0, 0)):
            for indent in (-1, 2):
                out = np.zeros(6 * (5 * n_modes + 40), np.uint8)
                yield states.reshape(-1), n_modes, 10 ** np.arange(6), opening, closing, indent, out


ROWS = {
    "counts._hash_row": lambda: [(table(n).reshape(-1), 2 * n, n, *KEYS) for n in WIDTHS],
    "counts._same_row": pairs_of_rows,
    "counts.group_hash": groupings,
    "counts._enter": entries,
    "counts.distinct_prefix": prefixes,
    "counts.sort_hashes": lambda: [
        (table(n).reshape(-1), n, *KEYS, 62, np.zeros(4, np.int64), np.zeros(40, np.uint64)) for n in WIDTHS
    ],
    "counts.distinct_part": parts,
    "counts.group_rehash": rehashes,
    "counts.find_rows": searches,
    "counts.sorted_prefix": leading_rows,
    "counts.take_rows": lambda: [
        (table(5).reshape(-1), 5, np.array([3, 0, 39], np.uint32), np.zeros(15, np.uint8))
    ],
    "post_selection.select_rows": selections,
    "post_selection._take_runs": runs_of_modes,
    "state_text._skip_space": lambda: [(text(" \n\t\r x"), p, 6) for p in (0, 5, 6)],
    "state_text.scan_key": keys,
    "state_text._scan_count": numbers,
    "state_text._first_bits": lambda: [(n,) for n in (1, 7, 64)],
    "state_text._digit_bytes": lambda: [(n,) for n in (1, 7, 21, 30)],
    "state_text._quick_modes": digits,
    "state_text._scan_quick_rows": quick_rows,
    "state_text.scan_rows": tables_of_text,
    "state_text_skip.value_end": values,
    "state_text_skip.count_quotes": quotes,
    "state_text_write._write_number": lambda: [(np.zeros(24, np.uint8), 2, n) for n in INTEGERS],
    "state_text_write._write_count": lambda: [
        (np.zeros(room, np.uint8), 2, n) for n in INTEGERS for room in (24, 40)
    ],
    "state_text_write._write_modes": written_modes,
    "state_text_write._write_wide_rows": wide_rows,
    "state_text_write.write_rows": written_tables,
    **PACKED_ROWS,
    **PARQUET_ROWS,
    **SHORT_ROWS,
}


# Digits go 21 at a time, and what stands behind them is overwritten, or not looked at.
MEANT = {
    "state_text._quick_modes": lambda given, _: given[3][: given[2]],
    "state_text._scan_quick_rows": lambda given, end: (given[6][: end[1] * given[3]], given[7][: end[1]]),
    "state_text.scan_rows": lambda given, end: (given[5][: end[2] * given[4]], given[6][: end[2]]),
    "state_text_write._write_modes": lambda given, end: given[3][:end],
    **PACKED_MEANT,
}


@pytest.mark.parametrize("name", ROWS)
def test_compiled_and_source_agree(name):
    for arguments in ROWS[name]():
        assert_twins_agree(TABLES, name, arguments, MEANT.get(name))


@needs_compiled
def test_every_kernel_has_a_row():
    assert not dispatchers(TABLES) - ROWS.keys()
    if _mode.MODE == "numba":
        assert dispatchers(TABLES) == ROWS.keys()
