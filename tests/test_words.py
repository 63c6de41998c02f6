"""Byte and word access: the compiled instructions do what the plain functions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast._kernels import _words as words
from lwfast._kernels._jit import jit


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
        return 0, np.uint64(0), words.spread16(a, p, b, q)
    if which == 7:
        return 0, np.uint64(0), words.gather16(a, p, b, q)
    if which == 8:
        return 0, np.uint64(0), words.gather16_last(a, p, b, q)
    words.prefetch(a, p)
    return 0, np.uint64(0), False


def both(which, buffer, p, q, x=0, y=0):
    answers = []
    for function in (compiled, getattr(compiled, "py_func", compiled)):
        target = np.zeros(80, np.uint8)
        value = function(which, buffer, p, target, q, np.uint64(x), np.uint64(y))
        answers.append((*map(int, value), target.tolist()))
    assert answers[0] == answers[1]
    return answers[0]


@given(data=st.binary(min_size=80, max_size=80), p=st.integers(0, 20), q=st.integers(0, 20))
def test_loads_and_stores_at_any_offset(data, p, q):
    buffer = np.frombuffer(data, np.uint8).copy()
    assert both(0, buffer, p, q)[0] == data[p]
    assert both(1, buffer, p, q)[1] == int.from_bytes(data[p : p + 8], "little")
    assert both(2, buffer, p, q)[3][q] == 300 & 255
    assert bytes(both(3, buffer, p, q, x=2**63 + 5)[3][q : q + 8]) == (2**63 + 5).to_bytes(8, "little")
    both(9, buffer, p, q)


@given(x=st.integers(0, 2**64 - 1), y=st.integers(0, 2**64 - 1))
def test_bit_counts_and_products(x, y):
    buffer = np.zeros(80, np.uint8)
    assert both(4, buffer, 0, 0, x)[0] == (64 if x == 0 else (x & -x).bit_length() - 1)
    both(4, buffer, 0, 0, 1 << (x % 64))
    product = x * y
    assert both(5, buffer, 0, 0, x, y)[1] == (product ^ (product >> 64)) & (2**64 - 1)


@given(digits=st.lists(st.integers(0, 9), min_size=16, max_size=16), p=st.integers(0, 20))
def test_sixteen_digits_are_written_and_read(digits, p):
    buffer = np.zeros(80, np.uint8)
    buffer[p : p + 16] = digits
    text = both(6, buffer, p, p)
    assert text[2] == 1
    assert bytes(text[3][p : p + 48]) == "".join(f"{d}, " for d in digits).encode()
    written = np.array(text[3], np.uint8)
    for which in (7, 8):
        again = both(which, written, p, 3)
        assert again[2] == 1
        assert again[3][3:19] == digits


@pytest.mark.parametrize("place", range(48))
def test_every_wrong_byte_is_seen(place):
    """Behind the last digit, only where it is asked for."""
    text = np.frombuffer(b"1, 2, 9, 0, " * 4 + b" " * 32, np.uint8).copy()
    for wrong in (0, 47, 58, 255, ord("a")):
        damaged = text.copy()
        damaged[place] = wrong
        assert both(7, damaged, 0, 0)[2] == 0
        assert both(8, damaged, 0, 0)[2] == (place >= 46)


@pytest.mark.parametrize("place", range(16))
def test_every_number_above_nine_is_seen(place):
    for wrong in (10, 100, 128, 255):
        buffer = np.zeros(80, np.uint8)
        buffer[place] = wrong
        with np.errstate(over="ignore"):
            assert compiled(6, buffer, 0, np.zeros(80, np.uint8), 0, np.uint64(0), np.uint64(0))[2] == 0
            assert not words.spread16(buffer, 0, np.zeros(80, np.uint8), 0)
