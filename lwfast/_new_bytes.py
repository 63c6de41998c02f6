"""Bytes that are filled in after they are made, to spare large texts one copy."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

_api = ctypes.pythonapi
_make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t)(
    ("PyBytes_FromStringAndSize", _api)
)
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyBytes_AsString", _api))


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
    memory = (ctypes.c_uint8 * size).from_address(_address(text))
    view: NDArray[np.uint8] = np.ctypeslib.as_array(memory)
    return text, view
