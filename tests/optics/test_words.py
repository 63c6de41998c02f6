"""Byte and word access: the compiled instructions do what the plain functions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._kernels import _mode
from lwfast._kernels import _words as words
from lwfast._kernels._jit import jit
from lwfast._kernels._simd import lane_jit

pytestmark = pytest.mark.skipif(
    _mode.MODE == "native",
    reason="tried where Numba compiles a kernel for it",
)


@jit
def compiled(which, a, p, b, q, x, y):
    """Call one function of `_words`; all of them return a number here."""
    if which == 0:
        return words.load1(a, p), np.uint64(0), False
    if which == 1:
        return 0, words.load8(a, p), False
    if which == 2:
        words.store1(b, q, 300)
    if which == 3:
        words.store8(b, q, x)
    if which == 4:
        return words.trailing_zeros(x), np.uint64(0), False
    if which == 5:
        return 0, words.fold_product(x, y), False
    if which == 6:
        return 0, np.uint64(0), words.spread(a, p, b, q, x)
    if which == 7:
        return 0, np.uint64(0), words.gather(a, p, b, q, x)
    if which == 9:
        return 0, words.high_product(x, y), False
    if which == 10:
        return words.bit_count(x), np.uint64(0), False
    words.prefetch(a, p)
    return 0, np.uint64(0), False


def both(which, buffer, p, q, x=0, y=0, meant=None):
    """Call a function of both kinds; `meant` is where in the target its answer is, if not everywhere."""
    answers = []
    for function in (compiled, getattr(compiled, "py_func", compiled)):
        target = np.zeros(120, np.uint8)
        value = function(which, buffer, p, target, q, np.uint64(x), np.uint64(y))
        answers.append((*map(int, value), target.tolist()[meant or slice(None)]))
    assert answers[0] == answers[1]
    return answers[0]


@given(data=st.binary(min_size=80, max_size=80), p=st.integers(0, 20), q=st.integers(0, 20))
def test_loads_and_stores_at_any_offset(data, p, q):
    buffer = np.frombuffer(data, np.uint8).copy()
    assert both(0, buffer, p, q)[0] == data[p]
    assert both(1, buffer, p, q)[1] == int.from_bytes(data[p : p + 8], "little")
    assert both(2, buffer, p, q)[3][q] == 300 & 255
    assert bytes(both(3, buffer, p, q, x=2**63 + 5)[3][q : q + 8]) == (2**63 + 5).to_bytes(8, "little")
    both(8, buffer, p, q)


@given(x=st.integers(0, 2**64 - 1), y=st.integers(0, 2**64 - 1))
def test_bit_counts_and_products(x, y):
    buffer = np.zeros(80, np.uint8)
    assert both(4, buffer, 0, 0, x)[0] == (64 if x == 0 else (x & -x).bit_length() - 1)
    both(4, buffer, 0, 0, 1 << (x % 64))
    assert both(10, buffer, 0, 0, x)[0] == x.bit_count()
    product = x * y
    assert both(5, buffer, 0, 0, x, y)[1] == (product ^ (product >> 64)) & (2**64 - 1)
    assert both(9, buffer, 0, 0, x, y)[1] == product >> 64


ALL_DIGITS, ALL_TEXT = 2**21 - 1, 2**63 - 1


@given(digits=st.lists(st.integers(0, 9), min_size=21, max_size=21), p=st.integers(0, 20))
def test_digits_are_written_and_read(digits, p):
    buffer = np.zeros(80, np.uint8)
    buffer[p : p + 21] = digits
    text = both(6, buffer, p, p, ALL_DIGITS, meant=slice(p, p + 63))
    assert text[2] == 1
    assert bytes(text[3]) == "".join(f"{d}, " for d in digits).encode()
    written = np.zeros(120, np.uint8)
    written[p : p + 63] = text[3]
    for bytes_wanted in (ALL_TEXT, ALL_TEXT >> 2):
        again = both(7, written, p, 3, bytes_wanted, meant=slice(3, 24))
        assert again[2] == 1
        assert again[3] == digits


@pytest.mark.parametrize("place", range(63))
def test_every_wrong_byte_is_seen(place):
    """Where it is looked at."""
    text = np.frombuffer(b"1, 2, 9, " * 7 + b" " * 32, np.uint8).copy()
    for wrong in (0, 47, 58, 255, ord("a")):
        damaged = text.copy()
        damaged[place] = wrong
        assert both(7, damaged, 0, 0, ALL_TEXT, meant=slice(0))[2] == 0
        for n_modes in (8, 13, 21):
            n_bytes = 3 * n_modes - 2
            assert both(7, damaged, 0, 0, 2**n_bytes - 1, meant=slice(0))[2] == (place >= n_bytes)


@pytest.mark.parametrize("place", range(21))
def test_every_number_above_nine_is_seen(place):
    for wrong in (10, 100, 128, 255):
        buffer = np.zeros(80, np.uint8)
        buffer[place] = wrong
        for n_modes in (8, 13, 21):
            assert both(6, buffer, 0, 0, 2**n_modes - 1, meant=slice(0))[2] == (place >= n_modes)


@jit
def marked(which, a, at, n_rows, fields, first, last, low, page, mask):
    """Call one of the functions that mark rows."""
    if which == 0:
        return words.equal_rows(a, at, low, mask)
    return words.allowed_rows(a, at, n_rows, fields, first, last, low, page, mask)


@given(data=st.data(), bits=st.integers(1, 8), at=st.integers(0, 6), n_rows=st.sampled_from([64, 70, 100]))
def test_rows_are_marked(data, bits, at, n_rows):
    at = min(at, n_rows - 64)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    table = rng.integers(0, 2**63, 3 * n_rows, np.uint64) << np.uint64(1)
    fields = st.tuples(st.integers(0, 2), st.integers(0, 64 - bits))
    chosen = data.draw(st.lists(fields, min_size=1, max_size=30))
    first = data.draw(st.integers(0, len(chosen) - 1))
    last = data.draw(st.integers(first + 1, len(chosen)))
    low, page = 2**bits - 1, data.draw(st.integers(0, 3))
    mask = data.draw(st.integers(0, 2**64 - 1))
    rows = [[int(table[word * n_rows + at + i]) >> shift & low for word, shift in chosen] for i in range(64)]
    totals = [sum(row[first:last]) for row in rows]
    allowed = sum(1 << i for i, total in enumerate(totals) if total >> 6 == page and mask >> total % 64 & 1)
    value = int(table[at + 5]) & low
    equal = sum(1 << i for i in range(64) if int(table[at + i]) & low == value)
    numbers = np.array(chosen, np.uint64), first, last, np.uint64(low), np.uint64(page)
    for function in (marked, getattr(marked, "py_func", marked)):
        assert int(function(1, table, at, n_rows, *numbers, np.uint64(mask))) == allowed
        assert int(function(0, table, at, n_rows, *numbers, np.uint64(value))) == equal


@lane_jit
def multiplied(within, a, p, q, stride, size, out, at):
    """Call one of the functions that multiply rows of bytes."""
    if within:
        words.byte_dots_within(a, p, q, stride, size, out, at)
    else:
        words.byte_dots(a, p, q, stride, size, out, at)


@given(seed=st.integers(0, 99), p=st.integers(0, 70), blocks=st.integers(0, 3), most=st.sampled_from([1, 31]))
def test_rows_of_bytes_are_multiplied(seed, p, blocks, most):
    """Parts add up to the products, and what is behind them stays; at any place of a cache line."""
    size, stride, at = 64 * blocks, 64 * blocks + 5, 3
    a = np.random.default_rng(seed).integers(0, most + 1, p + 6 * stride + size).astype(np.uint8)
    q = p + 4 * stride
    rows = [a[start : start + size].astype(int) for start in range(p, p + 6 * stride, stride)]
    each_with_each = [(i, j) for i in range(4) for j in (4, 5)]
    for within, pairs in ((False, each_with_each), (True, words.OWN)):
        for function in (multiplied, getattr(multiplied, "py_func", multiplied)):
            out = np.full(at + (len(pairs) + 1) * words.BYTE_SUMS, 7, np.uint16)
            function(within, a, p, q, stride, size, out, at)
            parts = out[at:].reshape(-1, words.BYTE_SUMS).astype(int) - 7
            assert parts.sum(axis=1).tolist() == [*((rows[i] * rows[j]).sum() for i, j in pairs), 0]
            assert (out[:at] == 7).all()
