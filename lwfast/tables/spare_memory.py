"""Large arrays whose memory is used again: its first use can cost more than what is then computed with it.

The system hands out memory page by page, each cleared when it is first touched. On a virtual machine, 22 ms
went into that for 40 MB, and 4 into writing them again. All else of a selection from 10^7 rows takes 10.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from lwfast._types import AnyArray

A = TypeVar("A", bound="np.ndarray[Any, Any]")

LEAST = 1 << 20
"""Bytes from which on memory is kept; the C library keeps smaller pieces."""
MOST = 128 << 20
"""Bytes that are kept at most, as far as they were touched."""
_MOST_PIECES = 16
_MOST_ZEROS = 16 << 20
"""Bytes up to which zeros are written; pages of the system that are never touched are zero at no cost."""
_WASTE = 2
"""How much more than it needs an array may hold."""
_lock = threading.Lock()  # nobody waits for it: memory is new, or goes, where another thread holds it
_spare: list[tuple[AnyArray, int]] = []
"""Memory that nobody uses and how much of it was touched; what came last stands last."""


def _taken(size: int) -> tuple[AnyArray, int] | None:
    """Take large enough memory of which most was touched, though not far more than is asked for."""
    if size < LEAST or not _lock.acquire(blocking=False):
        return None
    try:
        fitting = [
            (touched, k)
            for k, (memory, touched) in enumerate(_spare)
            if memory.size >= size and touched <= _WASTE * size
        ]
        return _spare.pop(max(fitting)[1]) if fitting else None
    finally:
        _lock.release()


def _keep(memory: AnyArray, touched: int) -> None:
    """Keep memory, and let go what came first where there is too much of it."""
    if touched > MOST or not _lock.acquire(blocking=False):
        return
    try:
        _spare.append((memory, touched))
        while len(_spare) > _MOST_PIECES or sum(size for _, size in _spare) > MOST:
            del _spare[0]
    finally:
        _lock.release()


class Room:
    """Memory of an array, which later ones get when the last view of the array is gone.

    Args:
        size: Bytes that the array takes.
    """

    __slots__ = ("__array_interface__", "_memory", "_touched")

    def __init__(self, size: int) -> None:
        self._touched = 0  # before what can fail
        self._memory, self._touched = _taken(size) or (np.empty(size, np.uint8), 0)
        self.__array_interface__ = {**self._memory.__array_interface__, "shape": (size,)}

    def touch(self, size: int) -> None:
        """Say that the first `size` bytes are written: pages that stay unused take no memory."""
        self._touched = max(self._touched, size)

    def kept(self, part: A) -> A:
        """Return the first entries of the array, the only ones that were written.

        They are returned as a copy where they are not contiguous, are few, or are far fewer than were
        written to this memory before: a hundred kept results of 100 rows each held 1.8 GB as views, for
        their arrays come from the heap or take a huge page at the first touch.
        """
        self.touch(part.nbytes if part.flags.c_contiguous else self._memory.size)
        is_view = part.flags.c_contiguous and part.nbytes >= LEAST and self._touched <= _WASTE * part.nbytes
        return part if is_view else part.copy()

    def __del__(self, least: int = LEAST, keep: Callable[[AnyArray, int], None] = _keep) -> None:
        # As arguments: where the interpreter ends, names of a module are no longer there.
        if self._touched >= least:
            keep(self._memory, self._touched)


def room_for(shape: tuple[int, ...], dtype: Any) -> tuple[AnyArray, Room]:
    """Return an array of arbitrary content, and its room, which is to be told what is written."""
    room = Room(math.prod(shape) * np.dtype(dtype).itemsize)
    return np.asarray(room).view(dtype).reshape(shape), room


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of arbitrary content, all of which will be written; as `np.empty` does."""
    array, room = room_for(shape, dtype)
    room.touch(array.nbytes)
    return array


def zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of zeros, of which few pages may ever be used if it is large; as `np.zeros` does."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if not LEAST <= n_bytes <= _MOST_ZEROS:
        return np.zeros(shape, dtype)
    array = empty(shape, dtype)
    array.fill(0)
    return array
