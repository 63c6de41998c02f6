"""Bytes that are filled in after they are made, to spare large texts one copy."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
from numpy.typing import NDArray

_api = ctypes.pythonapi
_make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t)(
    ("PyBytes_FromStringAndSize", _api)
)
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyBytes_AsString", _api))

_view = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)(
    ("PyMemoryView_FromMemory", _api)
)
_WRITABLE = 0x200  # PyBUF_WRITE
_HUGE_FROM = 4 << 20
_PAGE = mmap.PAGESIZE


def new_bytes(size: int) -> tuple[bytes, NDArray[np.uint8]]:
    """Return a new bytes object with arbitrary content, and a writable view of it.

    The C API allows to fill in such an object (`PyBytes_FromStringAndSize` without a string) as long as
    nobody else has seen it: write all of the view, drop it, and only then hand out the bytes.

    Args:
        size: Length in bytes, at least 2: shorter ones are shared by the interpreter.

    Returns:
        The bytes and the view. The view does not keep the bytes alive.
    """
    text: bytes = _make(None, size)
    address = _address(text)
    if size >= _HUGE_FROM:
        _advise_huge_pages(address, size)
    return text, np.frombuffer(_view(address, size, _WRITABLE), np.uint8)


def _advise_huge_pages(address: int, size: int) -> None:
    """Ask for huge pages, as NumPy does for its arrays: faults take half of the time of writing 50 MB.

    Advice only: where the system has no such call or refuses, nothing changes.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None:
        return
    start = -(-address // _PAGE) * _PAGE
    length = (address + size - start) // _PAGE * _PAGE
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    madvise(start, length, advice)
