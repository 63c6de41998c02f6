"""Bytes that are written once, before anybody sees them."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import pytest

from lwfast._base.buffers import new_bytes


@pytest.mark.parametrize("size", [2, 3, 100, (4 << 20) - 1, 4 << 20, (4 << 20) + 12_345])
def test_what_is_written_is_there(size):
    """Short ones, and those for which huge pages are asked."""
    text, view = new_bytes(size)
    expected = (np.arange(size) % 251).astype(np.uint8)
    view[:] = expected
    del view
    assert type(text) is bytes
    assert text == expected.tobytes()


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="the system has no such advice")
def test_advice_is_about_whole_pages_inside(monkeypatch):
    """Pages that hold anything else are no business of these bytes."""
    asked = []

    class Advice:
        def __call__(self, *arguments):
            asked.append(arguments)

    class Library:
        def __init__(self, name):
            self.madvise = Advice()

    monkeypatch.setattr(ctypes, "CDLL", Library)
    text, view = new_bytes(4 << 20)
    [(start, length, advice)] = asked
    begin = view.ctypes.data
    assert advice == mmap.MADV_HUGEPAGE
    assert start % mmap.PAGESIZE == length % mmap.PAGESIZE == 0
    assert begin <= start < begin + mmap.PAGESIZE
    assert begin + len(text) - mmap.PAGESIZE < start + length <= begin + len(text)
    new_bytes((4 << 20) - 1)
    assert len(asked) == 1
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE")
    new_bytes(4 << 20)
    assert len(asked) == 1
