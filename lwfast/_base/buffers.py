"""Arrays that cannot be written to, and how to hand them to kernels that only read.

Numba compiles a kernel again for a read-only array, which for the kernels on result tables takes about ten
seconds more, in the middle of a session. A writable alias of the same memory meets the kernel that is there.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

A = TypeVar("A", bound="np.ndarray[Any, Any]")


class _Alias:
    """Tells NumPy that the memory of an array may be written, and keeps the array alive."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def readable(array: A) -> A:
    """Return `array`, or an alias of it if it is read-only; only for kernels that do not write to it."""
    return array if array.flags.writeable else np.asarray(_Alias(array))  # type: ignore[return-value]


def frozen(array: A) -> A:
    """Return a view of an array whose memory nobody may write to any more, not by its flags either."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner.flags.writeable = False
        owner = owner.base
    return array.view()
