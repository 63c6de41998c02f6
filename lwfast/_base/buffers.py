"""Memory that kernels read and write: aliases of read-only arrays, and bytes that are filled in.

Numba compiles a kernel again for a read-only array, which for the kernels on result tables takes about ten
seconds more, in the middle of a session. A writable alias of the same memory meets the kernel that is there.
Bytes that are filled in after they are made spare large texts one copy.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._types import AnyArray

A = TypeVar("A", bound="np.ndarray[Any, Any]")
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


class _Alias:
    """Tells NumPy that the memory of an array may be written, and keeps the array alive."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        interface = array.__array_interface__  # a new dict
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface


def readable(array: A) -> A:
    """Return `array`, or an alias of it if it is read-only; only for kernels that do not write to it."""
    return array if array.flags.writeable else np.asarray(_Alias(array))  # type: ignore[return-value]


def frozen(array: A) -> A:
    """Return a view of an array whose memory nobody may write to any more, not by its flags either."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner.setflags(write=False)
        owner = owner.base
    return array.view()


def new_bytes(size: int) -> tuple[bytes, NDArray[np.uint8]]:
    """Return a new bytes object with arbitrary content, and a writable view of it.

    The C API lets its caller fill in such an object (`PyBytes_FromStringAndSize` without a string) as long as
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


def handed_out(array: AnyArray, dtype: Any, copy: bool | None, what: str) -> AnyArray:
    """Return an array as `__array__` is asked for it; NumPy 1 does not know `copy=None`.

    Args:
        array: The array that is kept, which stays read-only.
        dtype: What is wanted; None takes that of the array.
        copy: True for a copy, False for none, None for one only if it is needed.
        what: What it holds, for the error.

    Raises:
        ValueError: A copy is needed, and forbidden.
    """
    if copy:
        return np.array(array, dtype=dtype)
    found = np.asarray(array, dtype=dtype)
    if copy is False and found is not array:
        msg = f"{what} are {array.dtype}; as {found.dtype} they need a copy, which copy=False forbids."
        raise ValueError(msg)
    return found
