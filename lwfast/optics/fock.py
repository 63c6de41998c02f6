"""Fock states of a fixed photon number: all of them, and the way between states and their ranks.

The order is that of `output_distribution`: the photon number of the last mode ascends outermost, then that of
the mode before it, down to mode 0. The first state is |n,0,...,0>, the last |0,...,0,n>.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.limits import MAX_INT64, check_state_photons
from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._base.validation import as_integer, refuse_masked
from lwfast._types import AnyArray, Matrix, Stack, StateTable
from lwfast.errors import ResourceLimitError
from lwfast.optics.photon_limits import states_of
from lwfast.state import State

_THREADED_BYTES = 4 << 20
_THREADED_ROWS = 60_000
_CHUNKS = 16


def fock_basis(n_modes: int, n_photons: int) -> StateTable:
    """List every Fock state of a number of photons.

    Args:
        n_modes: Number of modes of each state; at least 1.
        n_photons: Number of photons, at most 255.

    Returns:
        uint8[C(n_modes + n_photons - 1, n_photons), n_modes], in the order described above; row i is the
        state of rank i. Subtract photon numbers of it as `basis.astype(int)`: uint8 has no sign.

    Raises:
        TypeError: A number is not an integer.
        ValueError: A number is negative.
        ResourceLimitError: More than 255 photons, or a table that does not fit in memory; the message has its
            size.

    Example:
        >>> lw.fock_basis(2, 2).tolist()
        [[2, 0], [1, 1], [0, 2]]
    """
    n_modes, n_photons = _numbers(n_modes, n_photons)
    count = states_of(n_modes, n_photons)
    check_memory(count * max(n_modes, 1), f"The {count} states of {n_photons} photons in {n_modes} modes")
    out = np.empty((count, n_modes), dtype=np.uint8)
    if n_modes < 2 or n_photons == 0:
        out[:] = n_photons
        return out
    _check_table(n_modes, n_photons, count * n_modes)
    from lwfast._kernels.optics.fock import fock_rows, fock_unrank

    pieces = 1 if out.nbytes < _THREADED_BYTES else _CHUNKS
    cuts = [count * piece // pieces for piece in range(pieces + 1)]
    firsts = np.zeros((pieces, n_modes + 8), dtype=np.uint8)
    starts = np.empty((pieces, n_modes), dtype=np.uint8)
    fock_unrank(np.array(cuts[:-1]), n_photons, _table(n_modes, n_photons), starts)
    firsts[:, :n_modes] = starts

    def work(piece: int) -> None:
        part = out[cuts[piece] : cuts[piece + 1]]
        fock_rows(firsts[piece], len(part), n_modes, part.reshape(-1))

    run_chunks(work, pieces)
    return out


@overload
def fock_rank(states: State | Sequence[int] | np.ndarray[tuple[int], np.dtype[Any]]) -> int: ...
@overload
def fock_rank(states: Matrix | Stack | Sequence[State] | Sequence[Sequence[int]]) -> NDArray[np.int64]: ...
@overload
def fock_rank(states: ArrayLike) -> Any: ...
def fock_rank(states: Any) -> Any:
    """Number Fock states among those of their own photon number.

    Args:
        states: Integers (..., m), photon numbers of m modes; a `State` will do.

    Returns:
        int for one state, int64[...] for more: the row of the state in `fock_basis(m, its photons)`.

    Raises:
        TypeError: `states` holds no integers.
        ValueError: A photon number is negative.
        ResourceLimitError: More than 255 photons, or ranks that do not fit in int64.

    Example:
        >>> lw.fock_rank([1, 1]), lw.fock_rank([[2, 0], [0, 2]]).tolist()
        (1, [0, 2])
    """
    refuse_masked(states, "States have")
    array = np.asarray(getattr(states, "s", states))
    if array.ndim < 1:
        raise ValueError("A state needs at least one dimension, the modes.")
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.uint8)
    if array.dtype.kind not in "iu":
        msg = f"states should hold integers, got dtype {array.dtype}."
        raise TypeError(msg)
    if array.size and int(array.min()) < 0:
        msg = f"Photon numbers cannot be negative, got {int(array.min())}."
        raise ValueError(msg)
    n_modes = array.shape[-1]
    # One mode alone may not fit a uint8 before the sum is known to.
    most = max(int(array.max(initial=0)), int(array.sum(axis=-1, dtype=np.int64).max(initial=0)))
    check_state_photons(most, "The states have")
    if most == 0 or n_modes == 0:
        return 0 if array.ndim == 1 else np.zeros(array.shape[:-1], dtype=np.int64)
    _check_rank(n_modes, most)
    _check_table(n_modes, most, 2 * array.size)
    rows = np.ascontiguousarray(array.reshape(math.prod(array.shape[:-1]), n_modes), dtype=np.uint8)
    out = np.empty(len(rows), dtype=np.int64)
    from lwfast._kernels.optics.fock import fock_rank as kernel

    if not rows.flags.writeable:
        rows = rows.copy()  # another type to Numba, which would compile again
    table = _table(n_modes, most)
    _on_threads(len(rows), lambda part: kernel(rows[part], table, out[part]))
    return int(out[0]) if array.ndim == 1 else out.reshape(array.shape[:-1])


def fock_unrank(ranks: ArrayLike, n_modes: int, n_photons: int) -> StateTable:
    """Return the Fock states of given ranks, the inverse of `fock_rank`.

    Args:
        ranks: Integers (...), each from 0 to C(n_modes + n_photons - 1, n_photons) - 1.
        n_modes: Number of modes of each state; at least 1.
        n_photons: Number of photons, at most 255.

    Returns:
        uint8[..., n_modes].

    Raises:
        TypeError: A number is not an integer.
        ValueError: A number is negative, or there is no state of that rank.
        ResourceLimitError: More than 255 photons, or ranks that do not fit in int64.

    Example:
        >>> lw.fock_unrank([0, 1, 2], 2, 2).tolist()
        [[2, 0], [1, 1], [0, 2]]
    """
    n_modes, n_photons = _numbers(n_modes, n_photons)
    _check_rank(n_modes, n_photons)
    count = states_of(n_modes, n_photons)
    refuse_masked(ranks, "Ranks have")
    array = np.asarray(ranks)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        msg = f"ranks should hold integers, got dtype {array.dtype}."
        raise TypeError(msg)
    if n_photons and n_modes:
        _check_table(n_modes, n_photons, array.size * (n_modes + 8))
    else:
        check_memory(array.size * n_modes, f"{array.size} states of {n_modes} modes")
    if array.size and not (int(array.min()) >= 0 and int(array.max()) < count):
        wrong = int(array.min()) if int(array.min()) < 0 else int(array.max())
        msg = f"Rank {wrong} is out of range: {n_photons} photons in {n_modes} modes have {count} states."
        raise ValueError(msg)
    out = np.zeros((array.size, n_modes), dtype=np.uint8)
    if n_modes and n_photons:
        flat = np.array(array.reshape(-1), dtype=np.int64)
        from lwfast._kernels.optics.fock import fock_unrank as kernel

        table = _table(n_modes, n_photons)
        _on_threads(len(flat), lambda part: kernel(flat[part], n_photons, table, out[part]))
    return out.reshape(*array.shape, n_modes)


def _on_threads(length: int, task: Callable[[slice], object]) -> None:
    """Call `task` on slices that cover `range(length)`."""
    pieces = 1 if length < _THREADED_ROWS else _CHUNKS
    cuts = [length * piece // pieces for piece in range(pieces + 1)]
    run_chunks(lambda piece: task(slice(cuts[piece], cuts[piece + 1])), pieces)


def _numbers(n_modes: Any, n_photons: Any) -> tuple[int, int]:
    modes, photons = as_integer(n_modes, "n_modes"), as_integer(n_photons, "n_photons")
    for name, value in (("n_modes", modes), ("n_photons", photons)):
        if value < 0:
            msg = f"{name} should not be negative, got {value}."
            raise ValueError(msg)
    check_state_photons(photons, "The states have")
    return modes, photons


def _check_rank(n_modes: int, n_photons: int) -> None:
    count = states_of(n_modes, n_photons)
    if count > MAX_INT64:
        msg = (
            f"{n_photons} photons in {n_modes} modes have about {count:.3g} states; ranks are int64 and "
            f"end at {MAX_INT64:.3g}."
        )
        raise ResourceLimitError(msg)


def _check_table(n_modes: int, n_photons: int, more: int) -> None:
    """Raise unless the table of `_table`, and `more` bytes beside it, fit in memory."""
    check_memory(
        8 * n_modes * (n_photons + 1) + more,
        f"Ranks of {n_photons} photons in {n_modes} modes, and the states",
    )


def _table(n_modes: int, n_photons: int) -> AnyArray:
    """Return C(d + j, j) for modes j and photons d as int64[n_modes, n_photons + 1]; see the kernel."""
    table = np.ones((max(n_modes, 1), n_photons + 1), dtype=np.int64)
    # Along the axis with fewer steps.
    if n_modes <= n_photons:
        for mode in range(1, n_modes):
            np.cumsum(table[mode - 1], out=table[mode])
    else:
        for photons in range(1, n_photons + 1):
            np.cumsum(table[:, photons - 1], out=table[:, photons])
    return table
