"""Large arrays whose memory is used again: its first use can cost more than what is then computed with it.

The system hands out memory page by page, each cleared when it is first touched. On a virtual machine, a
selection from 10^7 rows, of which a third pass, took 25 ms with new memory and 12 with what was there.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from lwfast._types import AnyArray

A = TypeVar("A", bound="np.ndarray[Any, Any]")

LEAST = 1 << 20
"""Bytes from which on memory is kept; the C library keeps smaller pieces."""
_LEAST_TOUCHED = LEAST // 8
"""Bytes of it that were touched, at least: with 1 MiB, half of 131,072 rows takes three times as long."""
MOST = 128 << 20
"""Bytes that are kept at most, as far as they were touched."""
_MOST_PIECES = 16
_LEAST_ZEROS, _MOST_ZEROS = 4 << 20, 16 << 20
"""Bytes from and up to which zeros are written: smaller arrays gain nothing by that. Of a larger one, many
pages may never be touched, which the system has as zeros at no cost."""
_LINE = 64
"""Bytes of a cache line."""
_WASTE = 2
"""How much more than it needs an array may hold of what was touched before."""
_GAP = 2 << 20
"""Bytes between touched ones that may be memory of the process as well, as they may share a huge page."""
_SMALL_PART = 8
"""What is less than 1 MiB and than this part of an array is copied."""
_lock = threading.Lock()  # nobody waits for it: memory is new, or goes, where another thread holds it
_Touched: TypeAlias = tuple[tuple[int, int], ...]
"""Start and end (exclusive) of each stretch of bytes that was touched, in order and with gaps between."""
_NOTHING: _Touched = ()
_spare: list[tuple[AnyArray, _Touched]] = []
"""Memory that nobody uses and what was touched of it; what came last stands last."""


def _size_of(touched: _Touched) -> int:
    return sum(stop - start for start, stop in touched)


def _with(touched: _Touched, start: int, stop: int) -> _Touched:
    """Return what was touched and further bytes of the same memory."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((*touched, (start, stop))):
        if found and first - found[-1][1] < _GAP:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def _taken(size: int) -> tuple[AnyArray, _Touched] | None:
    """Take large enough memory of which most was touched, though not far more than is asked for."""
    if size < LEAST or not _lock.acquire(blocking=False):
        return None
    try:
        fitting = [
            (_size_of(touched), k)
            for k, (memory, touched) in enumerate(_spare)
            if memory.size >= size and _size_of(touched) <= _WASTE * size
        ]
        return _spare.pop(max(fitting)[1]) if fitting else None
    finally:
        _lock.release()


def _keep(memory: AnyArray, touched: _Touched) -> None:
    """Keep memory, and let go what came first where there is too much of it."""
    if _size_of(touched) > MOST or not _lock.acquire(blocking=False):
        return
    try:
        _spare.append((memory, touched))
        while len(_spare) > _MOST_PIECES or sum(_size_of(held) for _, held in _spare) > MOST:
            del _spare[0]
    finally:
        _lock.release()


class Room:
    """Memory of an array, which later ones get when the last view of the array is gone.

    Args:
        size: Bytes that the array takes. The memory of less than `LEAST` is not kept, and not here.
    """

    __slots__ = ("__array_interface__", "_first", "_length", "_memory", "_size", "_touched")

    def __init__(self, size: int) -> None:
        self._memory: AnyArray | None = None  # before what can fail
        self._length = self._size = size  # of the array, and of the memory
        self._first, self._touched = 0, _NOTHING
        if size < LEAST:
            return
        memory, self._touched = _taken(size) or (np.empty(size, np.uint8), _NOTHING)
        # Where it was touched, as far as there is room behind: else its pages would come on top.
        first = self._touched[0][0] if self._touched else 0
        self._first = min(first, memory.size - size) // _LINE * _LINE
        self._memory, self._size = memory, memory.size
        self.__array_interface__ = memory[self._first : self._first + size].__array_interface__

    def touch(self, stop: int, start: int = 0) -> None:
        """Say that these bytes of the array are written: pages that stay unused take no memory."""
        if start < stop:
            self._touched = _with(self._touched, start + self._first, stop + self._first)

    def kept(self, part: A) -> A:
        """Return a part of the array, outside of which little was written.

        They are returned as a copy where they are not contiguous, are far fewer than were written to this
        memory before, or are a small part of it. As views, a hundred results of 100 rows each held 1.8 GB,
        for their arrays come from the heap or take a huge page at the first touch.
        """
        if not part.flags.c_contiguous:
            self.touch(self._length)
            return _copied(part)
        if self._memory is not None:
            start = part.ctypes.data - self._memory.ctypes.data - self._first
            self.touch(start + part.nbytes, start)
        is_small = part.nbytes < min(LEAST, self._size // _SMALL_PART)
        return _copied(part) if is_small or _size_of(self._touched) > _WASTE * part.nbytes else part

    def __del__(self, is_at_exit: Callable[[], bool] = sys.is_finalizing) -> None:
        # An argument, as the interpreter may have cleared this module by then.
        if is_at_exit():
            return
        if self._memory is not None and _size_of(self._touched) >= _LEAST_TOUCHED:
            _keep(self._memory, self._touched)


def room_for(shape: tuple[int, ...], dtype: Any) -> tuple[AnyArray, Room]:
    """Return an array of arbitrary content, and its room, which is to be told what is written."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    room = Room(n_bytes)
    if n_bytes < LEAST:
        return np.empty(shape, dtype), room
    return np.asarray(room).view(dtype).reshape(shape), room


def _copied(part: A) -> A:
    """Return a copy, of large arrays in memory that was used before."""
    out: A = empty(part.shape, part.dtype)
    out[...] = part
    return out


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of arbitrary content, all of which will be written; as `np.empty` does."""
    array, room = room_for(shape, dtype)
    room.touch(array.nbytes)
    return array


def zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of zeros, of which few pages may ever be used if it is large; as `np.zeros` does."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if not _LEAST_ZEROS <= n_bytes <= _MOST_ZEROS:
        return np.zeros(shape, dtype)
    array = empty((n_bytes,), np.uint8)
    array.fill(0)  # of bytes: words take a third longer
    return array.view(dtype).reshape(shape)
